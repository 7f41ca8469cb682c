//! Bytes of other encodings to UTF-8, as a stream.
//!
//! Must not do: decide which encoding a file has.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding};

/// How many bytes are read at once.
const CHUNK: usize = 1 << 16;

/// Reads `inner`, decoded. What is malformed becomes U+FFFD.
pub struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    raw: Box<[u8]>,
    start: usize,
    end: usize,
    at_end: bool,
    finished: bool,
}

impl<R: Read> Transcoder<R> {
    /// Decodes `inner` from `encoding`; its byte-order mark, if any, is dropped.
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK].into(),
            start: 0,
            end: 0,
            at_end: false,
            finished: false,
        }
    }
}

impl<R: Read> Read for Transcoder<R> {
    /// Wants room for a few characters: with less than 16 bytes it may write nothing.
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.finished {
            if self.start == self.end && !self.at_end {
                self.end = self.inner.read(&mut self.raw)?;
                self.start = 0;
                self.at_end = self.end == 0;
            }
            let from = &self.raw[self.start..self.end];
            let (result, read, wrote, _) = self.decoder.decode_to_utf8(from, to, self.at_end);
            self.start += read;
            self.finished = self.at_end && result == CoderResult::InputEmpty;
            if wrote > 0 || result == CoderResult::OutputFull {
                return Ok(wrote);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_across_chunks() {
        let text = "Conceição ☃ ".repeat(20_000);
        let mut raw = vec![0xff, 0xfe];
        raw.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let mut read = String::new();
        Transcoder::new(&raw[..], encoding_rs::UTF_16LE).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
