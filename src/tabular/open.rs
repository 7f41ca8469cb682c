//! Opens a file and tells by its first bytes what it is: compression, encoding, format.
//!
//! Must not do: go by the file's name, or take a picture for a device list.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use encoding_rs::Encoding;
use jiff::Timestamp;

use crate::domain::text::visible;
use crate::ports::FetchError;
use crate::tabular::decode::Transcoder;
use crate::tabular::window::Window;
use crate::tabular::{BYTES_MAX, failure};

/// How many bytes are looked at to tell what a file is.
const HEAD: usize = 4096;

/// How many bytes are read from the disk at once.
const BLOCK: usize = 1 << 18;

/// An open file, which can be read from its start more than once.
#[derive(Debug)]
pub struct Input {
    file: File,
    /// Its path, safe to show.
    pub name: String,
    /// When it was last changed; `None` for a pipe.
    pub modified: Option<Timestamp>,
}

/// How the records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not at all: the file holds no record.
    Empty,
    /// Delimited text.
    Csv,
    /// A JSON object a line.
    Lines,
    /// A JSON array.
    Array,
}

/// A file's text, from its start.
pub struct Content<'i> {
    /// The text.
    pub window: Window<'i>,
    /// Its format.
    pub format: Format,
    /// Its encoding, where it is not UTF-8.
    pub encoding: Option<&'static str>,
}

impl Input {
    /// Opens the file at `path`, or the standard input for `-`.
    ///
    /// # Errors
    /// Where there is no such file, or it may not be read.
    pub fn open(path: &Path) -> Result<Self, FetchError> {
        if path == Path::new("-") {
            return Self::spooled(io::stdin().lock(), "the standard input".into());
        }
        let name = visible(&path.to_string_lossy());
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(|why| failure::cannot_open(&name, &why))?;
        if metadata.is_dir() {
            return Err(failure::is_directory(&name));
        }
        if !metadata.is_file() {
            return Self::spooled(file, name);
        }
        let modified = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
        Ok(Self { file, name, modified })
    }

    /// A pipe can be read once only: it is copied to a temporary file without a name.
    fn spooled(from: impl Read, name: String) -> Result<Self, FetchError> {
        let spool = || -> io::Result<File> {
            let mut file = tempfile::tempfile()?;
            io::copy(&mut from.take(BYTES_MAX), &mut file)?;
            Ok(file)
        };
        match spool() {
            Ok(file) => Ok(Self { file, name, modified: None }),
            Err(why) => Err(failure::unavailable(
                format!("can't read {name}: {}", failure::plain(&why)),
                &["write the export to a file first, and name that"],
            )),
        }
    }

    /// The file's text from its start, read as Windows-1252 where `windows` says so.
    ///
    /// # Errors
    /// Where the file is of a kind that can't hold records.
    pub fn content(&self, windows: bool) -> Result<Content<'_>, FetchError> {
        let mut reader =
            self.decompressed().map_err(|why| failure::cannot_open(&self.name, &why))?;
        let (head, broken) = head(&mut reader);
        let encoding = encoding(&head, windows);
        if encoding.is_none() || windows {
            self.refuse_foreign(&head)?;
        }
        let bom = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut start = Cursor::new(head);
        start.set_position(bom);
        let rest: Box<dyn Read> = match broken {
            Some(why) => Box::new(Broken(Some(why))),
            None => reader,
        };
        let bytes = start.chain(rest);
        let text: Box<dyn Read> = match encoding {
            Some(encoding) => Box::new(Transcoder::new(bytes, encoding)),
            None => Box::new(bytes),
        };
        let mut window = Window::new(text);
        let format = match window.skip_blank_lines() {
            None => Format::Empty,
            Some(b'[') => Format::Array,
            Some(b'{') => Format::Lines,
            Some(_) => Format::Csv,
        };
        Ok(Content { window, format, encoding: encoding.map(Encoding::name) })
    }

    fn decompressed(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut magic = Vec::with_capacity(4);
        (&self.file).rewind()?;
        (&self.file).take(4).read_to_end(&mut magic)?;
        (&self.file).rewind()?;
        let blocks = BufReader::with_capacity(BLOCK, &self.file);
        Ok(match magic[..] {
            [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(blocks)),
            // A frame, or a skippable frame before it (RFC 8878 section 3.1).
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                Box::new(zstd::stream::read::Decoder::with_buffer(blocks)?)
            }
            _ => Box::new(&self.file),
        })
    }

    /// Refuses what is no text, with a word on what it is.
    fn refuse_foreign(&self, head: &[u8]) -> Result<(), FetchError> {
        const KNOWN: [(&[u8], &str, &str); 8] = [
            (b"PK\x03\x04", "is an Excel workbook or a ZIP archive", "save it as CSV (UTF-8)"),
            (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", "save it as CSV (UTF-8)"),
            (b"%PDF", "is a PDF", "export the list as CSV or JSON"),
            (b"SQLite format 3", "is a database", "export the list as CSV or JSON"),
            (b"BZh", "is compressed with bzip2", "unpack it, or compress it as .gz or .zst"),
            (b"\xfd7zXZ", "is compressed with xz", "unpack it, or compress it as .gz or .zst"),
            (b"7z\xbc\xaf", "is a 7-Zip archive", "unpack it first"),
            (b"\x1f\x8b", "is compressed twice", "unpack it once"),
        ];
        for (magic, what, hint) in KNOWN {
            if head.starts_with(magic) {
                return Err(failure::not_readable(&self.name, what, hint));
            }
        }
        let text = head.trim_ascii_start();
        let first = text.split(|&b| b == b'\n' || b == b'\r').next().unwrap_or_default();
        if first.contains(&0) {
            let what = if head.iter().all(|&b| b == 0) {
                "holds nothing but NUL bytes: a copy or a disk failed"
            } else {
                "is not a text file"
            };
            let hint = "export the list again, as CSV, NDJSON or a JSON array";
            return Err(failure::not_readable(&self.name, what, hint));
        }
        if first.starts_with(b"<") {
            let hint = "often a login or error page saved in the export's place: export again";
            return Err(failure::not_readable(&self.name, "is a web page or XML", hint));
        }
        Ok(())
    }
}

/// The first bytes, and why there are no more where reading failed.
fn head(reader: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(HEAD);
    let read = reader.take(HEAD as u64).read_to_end(&mut head);
    (head, read.err())
}

/// UTF-16 by its byte-order mark, or by the NULs that ASCII has in it.
fn encoding(head: &[u8], windows: bool) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(encoding_rs::UTF_16BE),
        _ => windows.then_some(encoding_rs::WINDOWS_1252),
    }
}

/// Fails once with the error met before.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
