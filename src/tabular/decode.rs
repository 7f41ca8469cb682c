//! Bytes of other encodings to UTF-8, as a stream.
//!
//! Must not do: decide which encoding a file has.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

/// How many bytes are read at once.
const CHUNK: usize = 1 << 16;

/// Reads `inner`, decoded. What is malformed becomes U+FFFD.
pub struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    raw: Box<[u8]>,
    text: String,
    /// How much of `text` has been given out.
    given: usize,
    finished: bool,
}

impl<R: Read> Transcoder<R> {
    /// Decodes `inner` from `encoding`; its byte-order mark, if any, is dropped.
    pub fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK].into(),
            text: String::new(),
            given: 0,
            finished: false,
        }
    }

    /// Decodes a further chunk into `text`.
    fn decode(&mut self) -> io::Result<()> {
        let n = self.inner.read(&mut self.raw)?;
        self.finished = n == 0;
        self.text.clear();
        self.given = 0;
        // What may come of so many bytes and the decoder's state always fits: one call is enough.
        self.text.reserve(self.decoder.max_utf8_buffer_length(n).unwrap_or(4 * CHUNK));
        let _ = self.decoder.decode_to_string(&self.raw[..n], &mut self.text, self.finished);
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.finished {
            self.decode()?;
        }
        let rest = &self.text.as_bytes()[self.given..];
        let n = rest.len().min(to.len());
        to[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
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
        assert!(read == text);
    }
}
