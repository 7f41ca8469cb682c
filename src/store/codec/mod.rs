//! Stored formats: how values become bytes, and how bytes are believed again.
//!
//! Must not do: let a value through whose checksum is wrong. Domain and engine types do
//! not derive serde; each has a mirror here, so that a stored format is a promise of its own.

pub mod columns;
pub mod device;
pub mod finding;
pub mod fingerprint;
pub mod journal;
pub mod run;
pub mod snapshot;
pub mod speed_test;
pub mod step;
pub mod tombstone;
pub mod typed;

use std::path::Path;

use jiff::Timestamp;
use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use crate::store::error::StoreError;
use crate::store::tables::Table;

/// Bytes a frame adds: a version before, a CRC32C after.
const FRAME_BYTES: usize = 5;

/// zstd's level for packed entries: higher ones cost more CPU than they save disk.
const LEVEL: i32 = 1;

/// What can't be read as what it should be; the caller knows the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad(pub String);

impl Bad {
    pub(super) fn at(self, path: &Path) -> StoreError {
        StoreError::damaged(path, self.0)
    }
}

pub(super) fn bad(what: impl Into<String>) -> Bad {
    Bad(what.into())
}

/// Version, body, CRC32C over table, key, version and body: a value in another's place is
/// as wrong as a flipped bit.
pub(super) fn frame(table: Table, key: &[u8], body: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(body.len() + FRAME_BYTES);
    framed.push(table.version);
    framed.extend_from_slice(body);
    let crc = crc(table, key, &framed);
    framed.extend_from_slice(&crc.to_le_bytes());
    framed
}

/// The body of a framed value.
pub(super) fn unframe<'a>(table: Table, key: &[u8], framed: &'a [u8]) -> Result<&'a [u8], Bad> {
    let wrong = |what: &str| bad(format!("table {}: {what}", table.name));
    let (held, told) = framed.split_last_chunk::<4>().ok_or_else(|| wrong("a cut value"))?;
    if crc(table, key, held) != u32::from_le_bytes(*told) {
        return Err(wrong("a value's checksum is wrong"));
    }
    match held.split_first() {
        Some((&version, body)) if version == table.version => Ok(body),
        _ => Err(wrong("a value of an unknown version")),
    }
}

fn crc(table: Table, key: &[u8], held: &[u8]) -> u32 {
    let crc = crc32c::crc32c(table.name.as_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(crc, key), held)
}

/// Packs bytes, their length before them.
pub(super) fn pack(raw: &[u8]) -> Result<Vec<u8>, Bad> {
    let squeezed = zstd::bulk::compress(raw, LEVEL).map_err(|e| bad(format!("packing: {e}")))?;
    let length = u32::try_from(raw.len()).map_err(|_| bad("packing: more than 4 GiB"))?;
    let mut packed = Vec::with_capacity(squeezed.len() + 4);
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&squeezed);
    Ok(packed)
}

/// Undoes [`pack`].
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, Bad> {
    let mut raw = Vec::new();
    Unpacker::new()?.unpack(packed, &mut raw)?;
    Ok(raw)
}

/// Unpacks one after the other: what the work takes is not made anew for each.
pub(super) struct Unpacker(zstd::bulk::Decompressor<'static>);

impl Unpacker {
    pub(super) fn new() -> Result<Self, Bad> {
        zstd::bulk::Decompressor::new().map(Self).map_err(|e| bad(format!("unpacking: {e}")))
    }

    /// As [`unpack`], into room that is used again.
    pub(super) fn unpack(&mut self, packed: &[u8], raw: &mut Vec<u8>) -> Result<(), Bad> {
        let (length, squeezed) =
            packed.split_first_chunk::<4>().ok_or_else(|| bad("a cut pack"))?;
        let length = u32::from_le_bytes(*length) as usize;
        raw.clear();
        raw.reserve_exact(length);
        let done = self.0.decompress_to_buffer(squeezed, raw);
        let done = done.map_err(|e| bad(format!("unpacking: {e}")))?;
        if done == length { Ok(()) } else { Err(bad("a pack of another length")) }
    }
}

/// Encodes a mirror whose form never changes, or for the tables that can be rebuilt.
pub(super) fn to_postcard<T: Serialize>(value: &T) -> Result<Vec<u8>, Bad> {
    postcard::to_allocvec(value).map_err(|e| bad(format!("encoding: {e}")))
}

/// The same, behind what `out` holds. The library's own way of that copies byte by byte.
pub(super) fn to_postcard_after<T: Serialize>(value: &T, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
    let done = postcard::serialize_with_flavor(value, After(out));
    done.map_err(|e| bad(format!("encoding: {e}")))
}

/// Where postcard writes.
struct After(Vec<u8>);

impl Flavor for After {
    type Output = Vec<u8>;

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

/// Reads a whole postcard value; anything after it is an error.
pub(super) fn from_postcard<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Bad> {
    match from_postcard_and_more(bytes)? {
        (value, []) => Ok(value),
        _ => Err(bad("a value with something after it")),
    }
}

/// Reads a postcard value, and gives what stands after it.
pub(super) fn from_postcard_and_more<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), Bad> {
    let read = postcard::take_from_bytes(bytes);
    read.map_err(|e| bad(format!("a value that can't be decoded: {e}")))
}

/// Encodes a mirror for the tables that must be readable for years.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Bad> {
    serde_json::to_vec(value).map_err(|e| bad(format!("encoding: {e}")))
}

/// Reads a JSON value.
pub(super) fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Bad> {
    serde_json::from_slice(bytes).map_err(|e| bad(format!("a value that can't be decoded: {e}")))
}

/// A time in the tables that can be rebuilt: seconds and nanoseconds, so that whole seconds
/// stay short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Instant(i64, i32);

impl From<Timestamp> for Instant {
    fn from(time: Timestamp) -> Self {
        Self(time.as_second(), time.subsec_nanosecond())
    }
}

impl Instant {
    pub(super) fn of_parts(second: i64, nano: i32) -> Self {
        Self(second, nano)
    }

    pub(super) fn parts(self) -> (i64, i32) {
        (self.0, self.1)
    }

    pub(super) fn time(self) -> Result<Timestamp, Bad> {
        Timestamp::new(self.0, self.1).map_err(|_| bad("a time out of range"))
    }
}

/// A time that may be absent, to its mirror.
pub(super) fn instant(time: Option<Timestamp>) -> Option<Instant> {
    time.map(Instant::from)
}

/// And back.
pub(super) fn time(instant: Option<Instant>) -> Result<Option<Timestamp>, Bad> {
    instant.map(Instant::time).transpose()
}

/// Reads a stable name of the wire; one that this version does not know is damage, since a
/// newer version would have raised the schema.
pub(super) fn wired<T>(read: impl FnOnce(&str) -> Option<T>, wire: &str) -> Result<T, Bad> {
    read(wire)
        .ok_or_else(|| bad(format!("an unknown name: {}", crate::domain::text::visible(wire))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables::{META, RUNS};

    #[test]
    fn a_frame_knows_its_place_and_every_bit() {
        let framed = frame(RUNS, b"k", b"body");
        assert_eq!(unframe(RUNS, b"k", &framed), Ok(&b"body"[..]));
        assert!(unframe(RUNS, b"j", &framed).is_err());
        assert!(unframe(META, b"k", &framed).is_err());
        assert!(unframe(RUNS, b"k", &framed[..3]).is_err());
        for bit in 0..framed.len() * 8 {
            let mut flipped = framed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unframe(RUNS, b"k", &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn packs_give_back_what_went_in() {
        for raw in [&b""[..], b"x", &vec![7; 100_000]] {
            assert_eq!(unpack(&pack(raw).unwrap()).as_deref(), Ok(raw));
        }
        assert!(unpack(b"123").is_err());
    }
}
