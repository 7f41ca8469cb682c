//! Splits the NBI's list into its records while it comes, wherever its chunks end.
//!
//! Depth is counted, never recursed into, so that a record's length bounds it.
//! Must not do: hold more than one record, recurse, or take a list for whole before its `]`.

use memchr::memchr2;

/// The most bytes of one record (SAFETY.md section 4).
pub(super) const RECORD_MAX: usize = 1 << 20;

const TOO_LARGE: &str = "a record is larger than 1 MiB";

/// A piece of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'b> {
    /// One element, whole; it begins with `{`.
    Record(&'b [u8]),
    /// Perhaps one element, and else something that comes again in other pieces.
    Maybe(&'b [u8]),
    /// An element that can't be a record; why.
    Bad(&'static str),
}

/// Why the answer is no list, or no list any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It begins with something else, which is this byte.
    NotAList(u8),
    /// Its commas and brackets are wrong.
    Syntax(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before `[`.
    Start,
    /// After `[`.
    First,
    /// After a record.
    Between,
    /// After a comma.
    Due,
    /// In an object or an array.
    Inside,
    /// In an element that is neither.
    Other,
    /// After `]`.
    Closed,
}

/// The splitter.
#[derive(Debug)]
pub(super) struct Splitter {
    state: State,
    /// The beginning of a record whose end has not come.
    held: Vec<u8>,
    depth: u32,
    in_string: bool,
    escaped: bool,
    bad: Option<&'static str>,
    /// Chunks have been records, as GenieACS sends them: the next one is tried as it is.
    chunk_is_record: bool,
}

impl Splitter {
    /// At the start of an answer.
    pub fn new() -> Self {
        Self {
            state: State::Start,
            held: Vec::new(),
            depth: 0,
            in_string: false,
            escaped: false,
            bad: None,
            chunk_is_record: true,
        }
    }

    /// Has the closing `]` come?
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Has anything but white space come?
    pub fn has_begun(&self) -> bool {
        self.state != State::Start
    }

    /// Takes the next bytes and gives the pieces that end in them to `each`, which says
    /// whether it read the piece: only a [`Piece::Maybe`] that it did not read comes again.
    ///
    /// # Errors
    /// Where this is no list.
    pub fn push(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(Piece<'_>) -> bool,
    ) -> Result<(), Broken> {
        let may_be_record = matches!(self.state, State::First | State::Due)
            && self.chunk_is_record
            && chunk.len() <= RECORD_MAX
            && chunk.first() == Some(&b'{')
            && chunk.last() == Some(&b'}');
        if may_be_record {
            // One look saves finding the end first; a chunk of another shape is split below.
            if each(Piece::Maybe(chunk)) {
                self.state = State::Between;
                return Ok(());
            }
        }
        self.chunk_is_record &= !may_be_record;
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Inside => self.inside(rest, each),
                State::Other => self.other(rest, each),
                _ => self.outside(rest)?,
            };
        }
        Ok(())
    }

    /// Up to the next element.
    fn outside<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Broken> {
        let blank = bytes.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let Some(at) = blank else { return Ok(&[]) };
        let (byte, after) = (bytes[at], &bytes[at + 1..]);
        self.state = match (self.state, byte) {
            (State::Start, b'[') => State::First,
            (State::Start, byte) => return Err(Broken::NotAList(byte)),
            (State::First | State::Between, b']') => State::Closed,
            (State::Between, b',') => State::Due,
            (State::Between, _) => {
                return Err(Broken::Syntax("a comma is missing between two records"));
            }
            (State::Closed, _) => {
                return Err(Broken::Syntax("something follows the closing `]`"));
            }
            (_, b',' | b']' | b'}') => {
                return Err(Broken::Syntax("a record is missing before or after a comma"));
            }
            (_, b'{' | b'[') => {
                self.depth = 0;
                self.bad = (byte == b'[').then_some("a record is an array, not an object");
                State::Inside
            }
            _ => {
                self.bad = Some("a record is no object");
                State::Other
            }
        };
        let starts_element = matches!(self.state, State::Inside | State::Other);
        Ok(if starts_element { &bytes[at..] } else { after })
    }

    /// In an object: to its end, or to the end of what has come.
    fn inside<'b>(&mut self, bytes: &'b [u8], each: &mut dyn FnMut(Piece<'_>) -> bool) -> &'b [u8] {
        let end = self.end_in(bytes);
        let taken = &bytes[..end.unwrap_or(bytes.len())];
        if self.held.len() + taken.len() > RECORD_MAX {
            self.bad = Some(TOO_LARGE);
        }
        if self.bad.is_some() {
            // Nothing of it will be read.
            self.held.clear();
        } else if end.is_none() || !self.held.is_empty() {
            self.held.extend_from_slice(taken);
        }
        if end.is_some() {
            self.state = State::Between;
            let whole = if self.held.is_empty() { taken } else { &self.held };
            each(self.bad.take().map_or(Piece::Record(whole), Piece::Bad));
            self.held.clear();
        }
        &bytes[taken.len()..]
    }

    /// Where the object ends in `bytes`, its end included.
    fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                at -= 1;
                let stop = memchr2(b'"', b'\\', &bytes[at..])?;
                self.in_string = bytes[at + stop] != b'"';
                self.escaped = self.in_string;
                at += stop + 1;
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// In a number, a string or a word, none of which is a device.
    fn other<'b>(&mut self, bytes: &'b [u8], each: &mut dyn FnMut(Piece<'_>) -> bool) -> &'b [u8] {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                self.escaped = byte == b'\\';
                self.in_string = byte != b'"';
            } else if byte == b'"' {
                self.in_string = true;
            } else if matches!(byte, b',' | b']') {
                self.state = State::Between;
                each(Piece::Bad(self.bad.take().unwrap_or_default()));
                return &bytes[at..];
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What came out: records as text, bad ones by their reason.
    fn split(chunks: &[&[u8]]) -> (Vec<String>, Result<bool, Broken>) {
        let mut splitter = Splitter::new();
        let mut out = Vec::new();
        let mut each = |piece: Piece<'_>| match piece {
            Piece::Record(bytes) | Piece::Maybe(bytes) => {
                let good = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
                if good {
                    out.push(String::from_utf8(bytes.to_vec()).unwrap());
                }
                good
            }
            Piece::Bad(why) => {
                out.push(why.to_owned());
                true
            }
        };
        for chunk in chunks {
            if let Err(broken) = splitter.push(chunk, &mut each) {
                return (out, Err(broken));
            }
            assert!(splitter.held.len() <= RECORD_MAX);
        }
        let closed = splitter.is_closed();
        (out, Ok(closed))
    }

    const LIST: &str = concat!(
        "[\n",
        r#"{"_id":"a","x":"br{ace \" quote \\"}"#,
        "\n,\n",
        r#"{"_id":"é☃","n":{"1":[1,{"k":"]}"}]}}"#,
        ",7,\"str,in]g\\\"\",null ,[{\"_id\":\"no\"}],\n",
        r#"{}"#,
        "\n]\n"
    );

    fn expected() -> Vec<String> {
        [
            r#"{"_id":"a","x":"br{ace \" quote \\"}"#,
            r#"{"_id":"é☃","n":{"1":[1,{"k":"]}"}]}}"#,
            "a record is no object",
            "a record is no object",
            "a record is no object",
            "a record is an array, not an object",
            "{}",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn every_split_point_gives_the_same_records() {
        let bytes = LIST.as_bytes();
        for first in 0..=bytes.len() {
            for second in [first, first + 1, first + 7, bytes.len()] {
                let second = second.min(bytes.len());
                let chunks = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(split(&chunks), (expected(), Ok(true)), "{first} {second}");
            }
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(split(&single), (expected(), Ok(true)));
    }

    #[test]
    fn cut_at_every_byte_it_is_never_closed() {
        let end = LIST.trim_end().len();
        for cut in 0..end {
            let (_, closed) = split(&[&LIST.as_bytes()[..cut]]);
            assert_eq!(closed, Ok(false), "{cut}");
        }
        assert_eq!(split(&[&LIST.as_bytes()[..end]]).1, Ok(true));
    }

    #[test]
    fn a_chunk_is_a_record_until_one_is_not() {
        let chunks: [&[u8]; 8] =
            [b"[\n", b"{\"a\":1}", b",\n", b"{\"b\":2},{\"c\":3}", b",", b"{\"d\"", b":4}", b"]"];
        let records = [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#, r#"{"d":4}"#];
        assert_eq!(split(&chunks), (records.map(str::to_owned).to_vec(), Ok(true)));
    }

    #[test]
    fn says_what_is_no_list() {
        for (text, byte) in [("<html>", b'<'), (" {\"a\":1}", b'{'), ("Syntax", b'S')] {
            assert_eq!(split(&[text.as_bytes()]).1, Err(Broken::NotAList(byte)), "{text}");
        }
        for text in ["[,]", "[{},]", "[{}{}]", "[{}]x", "[{},,{}]", "[{}}", "[{}] []", "[}"] {
            let (_, closed) = split(&[text.as_bytes()]);
            assert!(matches!(closed, Err(Broken::Syntax(_))), "{text}: {closed:?}");
        }
        for text in ["[\n\n]", "[]", "  [ ]  "] {
            assert_eq!(split(&[text.as_bytes()]), (Vec::new(), Ok(true)));
        }
    }

    #[test]
    fn large_records_are_bad_and_deep_ones_harmless_and_the_rest_is_read() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(RECORD_MAX));
        let most = format!("{{\"a\":\"{}\"}}", "x".repeat(RECORD_MAX - 8));
        let deep = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
        let list = format!("[{{}},{large},{most},{deep},{{}}]");
        for size in [list.len(), 64 << 10, 1000] {
            let chunks: Vec<&[u8]> = list.as_bytes().chunks(size).collect();
            let (out, closed) = split(&chunks);
            assert_eq!(closed, Ok(true));
            let lengths: Vec<usize> = out.iter().map(String::len).collect();
            assert_eq!(lengths, [2, 29, RECORD_MAX, 600_001, 2], "{size}");
        }
    }
}
