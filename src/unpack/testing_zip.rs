//! Builders of zip files and wheels for tests: honest ones, and every kind of attack.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

/// One entry of a zip file; local and central header can be made to differ.
#[derive(Clone)]
pub(super) struct ZipMember {
    pub(super) name: Vec<u8>,
    pub(super) local_name: Vec<u8>,
    pub(super) content: Vec<u8>,
    pub(super) mode: u32,
    pub(super) deflated: bool,
    pub(super) flags: u16,
    pub(super) local_flags: u16,
    pub(super) local_method: Option<u16>,
    pub(super) crc: u32,
    pub(super) local_crc: u32,
    pub(super) size: u32,
    pub(super) local_size: u32,
    pub(super) descriptor: bool,
    /// Bytes between this entry and the next.
    pub(super) gap: Vec<u8>,
    /// Added to the deflate stream, and counted as part of it.
    pub(super) slack: Vec<u8>,
    /// Only in the local headers.
    pub(super) hidden: bool,
}

impl ZipMember {
    pub(super) fn new(name: &str, content: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).expect("small");
        Self {
            name: name.into(),
            local_name: name.into(),
            content: content.to_vec(),
            mode: 0o100_644,
            deflated: true,
            flags: 0,
            local_flags: 0,
            local_method: None,
            crc: crc.sum(),
            local_crc: crc.sum(),
            size,
            local_size: size,
            descriptor: false,
            gap: Vec::new(),
            slack: Vec::new(),
            hidden: false,
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn data(&self) -> Vec<u8> {
        let mut data = self.content.clone();
        if self.deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.content).expect("memory");
            data = encoder.finish().expect("memory");
        }
        data.extend_from_slice(&self.slack);
        data
    }
}

/// Packs entries as a zip file: local headers, central directory, end record.
pub(super) fn zip(members: &[ZipMember]) -> Vec<u8> {
    let (mut bytes, mut central, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for member in members {
        let data = member.data();
        let length = u32::try_from(data.len()).expect("small");
        let offset = u32::try_from(bytes.len()).expect("small");
        let method = if member.deflated { 8 } else { 0_u16 };
        let descriptor = if member.descriptor { 8 } else { 0_u16 };
        let fields = |flags: u16, method: u16, sums: [u32; 3], name: &[u8]| {
            let mut header = [20_u16, flags | descriptor, method, 0, 0x21].map(u16::to_le_bytes).concat();
            header.extend(sums.map(u32::to_le_bytes).concat());
            header.extend([u16::try_from(name.len()).expect("short"), 0].map(u16::to_le_bytes).concat());
            header
        };
        let local_sums =
            if member.descriptor { [0; 3] } else { [member.local_crc, length, member.local_size] };
        bytes.extend(b"PK\x03\x04");
        let local_method = member.local_method.unwrap_or(method);
        bytes.extend(fields(member.local_flags, local_method, local_sums, &member.local_name));
        bytes.extend(&member.local_name);
        bytes.extend(data);
        if member.descriptor {
            bytes.extend(b"PK\x07\x08");
            bytes.extend([member.local_crc, length, member.local_size].map(u32::to_le_bytes).concat());
        }
        bytes.extend(&member.gap);
        if member.hidden {
            continue;
        }
        count += 1;
        central.extend(b"PK\x01\x02\x14\x03");
        central.extend(fields(member.flags, method, [member.crc, length, member.size], &member.name));
        central.extend([0_u8; 6]);
        central.extend((member.mode << 16).to_le_bytes());
        central.extend(offset.to_le_bytes());
        central.extend(&member.name);
    }
    let (start, length) = (bytes.len(), central.len());
    bytes.extend(central);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].map(u16::to_le_bytes).concat());
    bytes.extend([length, start].map(|n| u32::try_from(n).expect("small").to_le_bytes()).concat());
    bytes.extend([0, 0]);
    bytes
}

/// Adds the `RECORD` that lists the members, as a wheel has it.
pub(super) fn wheel(members: &[ZipMember]) -> Vec<u8> {
    let mut record = String::new();
    for member in members.iter().filter(|member| !member.name.ends_with(b"/")) {
        let name = String::from_utf8_lossy(&member.name);
        record += &format!("{name},sha256={},{}\n", base64(&member.content), member.content.len());
    }
    wheel_with_record(members, &record)
}

pub(super) fn wheel_with_record(members: &[ZipMember], record: &str) -> Vec<u8> {
    let own = "x-1.dist-info/RECORD";
    let record = format!("{record}{own},,\n");
    let mut members = members.to_vec();
    members.push(ZipMember::new(own, record.as_bytes()));
    zip(&members)
}

/// The sha256 of some content as `RECORD` spells it.
pub(super) fn base64(content: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = Sha256::digest(content);
    let bit = |index: usize| digest.get(index / 8).map_or(0, |byte| byte >> (7 - index % 8) & 1);
    let digit = |at: usize| (0..6).fold(0_usize, |value, next| value << 1 | usize::from(bit(at * 6 + next)));
    (0..43).map(|at| char::from(DIGITS[digit(at)])).collect()
}
