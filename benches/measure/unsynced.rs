//! A filter of system calls under which nothing waits for the disk, to tell work from waiting.

use std::io;

const SYNCS: [libc::c_long; 4] =
    [libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_syncfs, libc::SYS_sync_file_range];

/// Makes the calls that wait for the disk succeed without effect, in this process and in all that it starts.
pub(crate) fn ignore_syncs() -> io::Result<()> {
    let load = u16::try_from(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS).unwrap_or_default();
    let jump = u16::try_from(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K).unwrap_or_default();
    let answer = u16::try_from(libc::BPF_RET | libc::BPF_K).unwrap_or_default();
    let step = |code, k, jt| libc::sock_filter { code, jt, jf: 0, k };
    let number = |call| u32::try_from(call).unwrap_or_default();
    // The number of the call is the first field of what the filter sees; an error of 0 is success.
    let mut filter = [
        step(load, 0, 0),
        step(jump, number(SYNCS[0]), 4),
        step(jump, number(SYNCS[1]), 3),
        step(jump, number(SYNCS[2]), 2),
        step(jump, number(SYNCS[3]), 1),
        step(answer, libc::SECCOMP_RET_ALLOW, 0),
        step(answer, libc::SECCOMP_RET_ERRNO, 0),
    ];
    let program = libc::sock_fprog { len: 7, filter: filter.as_mut_ptr() };
    // SAFETY: the program and its filter live until the calls return, which copy them.
    let is_set = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    if is_set { Ok(()) } else { Err(io::Error::last_os_error()) }
}
