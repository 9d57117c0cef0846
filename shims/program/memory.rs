//! The functions on memory that compiled code calls by name, and that a C library would define.
//!
//! Each has the meaning that the C standard gives it. The compiler knows loops that do the same and
//! would turn them into calls of themselves; it leaves volatile accesses and instructions as they are.

/// Copies `length` bytes between places that don't overlap.
///
/// # Safety
/// As in C: both places must have that many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe { copy_forwards(to, from, length) };
    to
}

/// Copies `length` bytes between places that may overlap.
///
/// # Safety
/// As in C: both places must have that many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= length {
        // SAFETY: by the caller's promise; what is still to be read is not overwritten.
        unsafe { copy_forwards(to, from, length) };
        return to;
    }
    for index in (0..length).rev() {
        // SAFETY: by the caller's promise.
        unsafe { to.add(index).write_volatile(from.add(index).read()) };
    }
    to
}

/// Sets `length` bytes to one value.
///
/// # Safety
/// As in C: the place must have that many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, value: i32, length: usize) -> *mut u8 {
    // SAFETY: by the caller's promise.
    unsafe { fill(to, value as u8, length) };
    to
}

/// Compares `length` bytes.
///
/// # Safety
/// As in C: both places must have that many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    for index in 0..length {
        // SAFETY: by the caller's promise.
        let (left, right) = unsafe { (left.add(index).read_volatile(), right.add(index).read_volatile()) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// Compares `length` bytes for equality.
///
/// # Safety
/// As in C: both places must have that many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    // SAFETY: by the caller's promise.
    unsafe { memcmp(left, right, length) }
}

/// Returns how many bytes come before the first NUL.
///
/// # Safety
/// As in C: there must be a NUL.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut length = 0;
    // SAFETY: by the caller's promise, the NUL is not passed.
    while unsafe { text.add(length).read_volatile() } != 0 {
        length += 1;
    }
    length
}

// One instruction, which the processor does a line of its cache at a time.
#[cfg(target_arch = "x86_64")]
unsafe fn copy_forwards(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        core::arch::asm!(
            "rep movsb",
            inout("rcx") length => _,
            inout("rdi") to => _,
            inout("rsi") from => _,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn fill(to: *mut u8, value: u8, length: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        core::arch::asm!(
            "rep stosb",
            inout("rcx") length => _,
            inout("rdi") to => _,
            in("al") value,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn copy_forwards(to: *mut u8, from: *const u8, length: usize) {
    for index in 0..length {
        // SAFETY: by the caller's promise.
        unsafe { to.add(index).write_volatile(from.add(index).read()) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn fill(to: *mut u8, value: u8, length: usize) {
    for index in 0..length {
        // SAFETY: by the caller's promise.
        unsafe { to.add(index).write_volatile(value) };
    }
}
