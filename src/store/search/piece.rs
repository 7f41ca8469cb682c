//! One piece of a list as it is searched: a line of folded text an entry, and marks.
//!
//! It is made of the entries alone, so that a piece that is missing can be made again. Must not
//! do: hold anything that the entries do not.

use crate::domain::identity::{Shape, classify};
use crate::domain::search::{compact, folded};
use crate::store::codec::device::{AcsRow, ProviderRow, Sealed};
use crate::store::codec::{Bad, Unpacker, bad, from_postcard, pack};
use crate::store::entries::{Entry, entries_of};
use crate::store::search::marks::Mark;
use crate::store::series::Series;

/// More of a value than this is not looked through.
const VALUE_BYTES_MAX: usize = 256;

/// What stands in a line, before its value. A control character: none is left in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Serial = 1,
    Mac = 2,
    Login = 3,
    Name = 4,
    Model = 5,
}

impl Field {
    const ALL: [Self; 5] = [Self::Serial, Self::Mac, Self::Login, Self::Name, Self::Model];

    pub(super) fn of_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|field| *field as u8 == tag)
    }
}

/// Ends a line.
pub(super) const END: u8 = b'\n';

/// A piece as it is searched.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Lines of folded text.
    pub text: Vec<u8>,
    /// Checksum of each entry's key.
    pub keys: Vec<u32>,
    /// Marks with their lines, as [`Mark::at`] gives them.
    pub marks: Vec<u64>,
    /// The same of people's sealed numbers: looked through only for what could be one.
    pub seals: Vec<u64>,
}

/// Is this series searched?
pub(in crate::store) fn is_searched(series: Series) -> bool {
    series != Series::Findings
}

/// What is stored beside a piece of entries that are not packed yet.
pub(in crate::store) fn stored(series: Series, raw: &[u8]) -> Result<Vec<u8>, Bad> {
    Piece::of(series, raw)?.encode()
}

impl Piece {
    pub(super) fn of(series: Series, raw: &[u8]) -> Result<Self, Bad> {
        let mut piece = Self::default();
        for entry in entries_of(raw) {
            let entry = entry?;
            if let Entry::Put(item) = entry {
                match series {
                    Series::Acs => piece.acs(&from_postcard(item.body)?),
                    Series::Provider => piece.provider(&ProviderRow::with_seals(item.body)?),
                    Series::Findings => return Err(bad("findings are not searched")),
                }
            }
            piece.keys.push(crc32c::crc32c(entry.key()));
            piece.text.push(END);
        }
        Ok(piece)
    }

    fn acs(&mut self, row: &AcsRow<'_>) {
        row.serial.into_iter().for_each(|v| self.hardware(Field::Serial, v));
        row.macs.iter().for_each(|v| self.hardware(Field::Mac, v));
        self.login(row.pppoe_login);
        let model = [row.manufacturer, row.model, row.product_class];
        model.into_iter().flatten().for_each(|v| self.put(Field::Model, &folded(clip(v))));
        self.mark(Mark::id(row.id));
    }

    fn provider(&mut self, (row, sealed): &(ProviderRow<'_>, Option<Sealed<'_>>)) {
        row.serial.into_iter().for_each(|v| self.hardware(Field::Serial, v));
        row.mac.into_iter().for_each(|v| self.hardware(Field::Mac, v));
        self.login(row.login);
        let name = row.customer_name.as_ref();
        let trade = sealed.as_ref().and_then(|s| s.trade_name.as_ref());
        for name in name.into_iter().chain(trade) {
            self.put(Field::Name, &folded(clip(name.text())));
        }
        row.model.into_iter().for_each(|v| self.put(Field::Model, &folded(clip(v))));
        let ids = [row.device_id, row.login_id, row.customer_id];
        ids.into_iter().flatten().for_each(|id| self.mark(Mark::id(id)));
        row.contract_id.into_iter().for_each(|id| self.mark(Mark::contract(id)));
        let line = self.line();
        let seals = sealed.iter().flat_map(|s| &s.seals);
        self.seals.extend(seals.map(|seal| Mark(*seal).at(line)));
    }

    /// As it was written, and as a GPON serial whose vendor is in hex is read.
    fn hardware(&mut self, field: Field, value: &str) {
        let value = clip(value);
        let shape = classify(value);
        Mark::of_shape(&shape).for_each(|mark| self.mark(mark));
        let whole = compact(value);
        if let Shape::Serial(serial) = shape {
            let ascii = serial.as_str().to_lowercase();
            if ascii != whole {
                self.put(field, &ascii);
            }
        }
        self.put(field, &whole);
    }

    fn login(&mut self, login: Option<&str>) {
        let Some(login) = login.map(clip) else { return };
        if let Some(mark) = Mark::login(login) {
            self.mark(mark);
        }
        self.put(Field::Login, &folded(login));
    }

    fn put(&mut self, field: Field, value: &str) {
        if !value.is_empty() {
            self.text.push(field as u8);
            self.text.extend_from_slice(value.as_bytes());
        }
    }

    fn mark(&mut self, mark: Mark) {
        self.marks.push(mark.at(self.line()));
    }

    /// The number of the line being made.
    fn line(&self) -> u32 {
        u32::try_from(self.keys.len()).unwrap_or(u32::MAX)
    }

    /// Its bytes: the packed text, keys and marks, each with its length, then seals. None but the
    /// text would pack.
    fn encode(&self) -> Result<Vec<u8>, Bad> {
        let length = |n: usize| u32::try_from(n).map_err(|_| bad("a piece too long"));
        let text = pack(&self.text)?;
        let marks = self.marks.len() + self.seals.len();
        let mut out = Vec::with_capacity(12 + text.len() + 4 * self.keys.len() + 8 * marks);
        out.extend_from_slice(&length(text.len())?.to_le_bytes());
        out.extend_from_slice(&text);
        out.extend_from_slice(&length(self.keys.len())?.to_le_bytes());
        self.keys.iter().for_each(|key| out.extend_from_slice(&key.to_le_bytes()));
        out.extend_from_slice(&length(self.marks.len())?.to_le_bytes());
        let marks = self.marks.iter().chain(&self.seals);
        marks.for_each(|mark| out.extend_from_slice(&mark.to_le_bytes()));
        Ok(out)
    }

    /// Reads what [`stored`] made; `room` is for its text.
    pub(super) fn decode(
        bytes: &[u8],
        unpacker: &mut Unpacker,
        mut room: Vec<u8>,
    ) -> Result<Self, Bad> {
        let (packed, rest) = part(bytes, 1)?;
        unpacker.unpack(packed, &mut room)?;
        let (keys, rest) = part(rest, 4)?;
        let (marks, seals) = part(rest, 8)?;
        let (keys, _) = keys.as_chunks::<4>();
        Ok(Self {
            text: room,
            keys: keys.iter().map(|b| u32::from_le_bytes(*b)).collect(),
            marks: words(marks)?,
            seals: words(seals)?,
        })
    }
}

/// A part with its length in pieces of so many bytes before it, and the rest.
fn part(bytes: &[u8], each: usize) -> Result<(&[u8], &[u8]), Bad> {
    let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = (u32::from_le_bytes(*count) as usize).checked_mul(each).ok_or_else(cut)?;
    rest.split_at_checked(length).ok_or_else(cut)
}

fn words(bytes: &[u8]) -> Result<Vec<u64>, Bad> {
    let (words, []) = bytes.as_chunks::<8>() else { return Err(cut()) };
    Ok(words.iter().map(|b| u64::from_le_bytes(*b)).collect())
}

fn cut() -> Bad {
    bad("a cut piece of the search")
}

fn clip(value: &str) -> &str {
    let end = (0..=VALUE_BYTES_MAX.min(value.len())).rev().find(|at| value.is_char_boundary(*at));
    value.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::Instant;
    use crate::store::entries::Pieces;

    #[test]
    fn a_piece_comes_back_and_a_damaged_one_does_not() {
        let device = crate::domain::AcsDevice {
            id: crate::domain::Untrusted::new("a1"),
            serial: crate::domain::Untrusted::present("485754431234ABCD"),
            macs: [crate::domain::Untrusted::new("00:25:9E:00:00:10")].into(),
            pppoe_login: crate::domain::Untrusted::present("Ana.Lima@isp"),
            model: crate::domain::Untrusted::present("HG8245\nQ2"),
            ..crate::domain::AcsDevice::default()
        };
        let keep = crate::store::codec::device::Keep::nothing();
        let body = crate::store::codec::to_postcard(&AcsRow::of(&device, &keep)).unwrap();
        let seen = Instant::of_parts(0, 0);
        let mut pieces = Pieces::default();
        pieces.left(b"a0");
        pieces.put(b"a1", seen, None, &body);
        let raw = pieces.done();
        let piece = Piece::of(Series::Acs, &raw[0]).unwrap();
        let text = String::from_utf8(piece.text.clone()).unwrap();
        assert_eq!(
            text,
            "\n\u{1}hwtc1234abcd\u{1}485754431234abcd\u{2}00259e000010\u{3}ana.lima@isp\u{5}\
             hg8245 q2\n"
        );
        assert_eq!(piece.keys.len(), 2);
        assert!(piece.marks.iter().all(|m| Mark::placed(*m).1 == 1));
        let stored = stored(Series::Acs, &raw[0]).unwrap();
        let mut unpacker = Unpacker::new().unwrap();
        let mut decode = |stored: &[u8]| Piece::decode(stored, &mut unpacker, b"room".to_vec());
        assert_eq!(decode(&stored), Ok(piece));
        for length in 0..stored.len() {
            // Whole marks may be missing: a value's own checksum tells that.
            let is_cut = decode(&stored[..length]).is_ok();
            assert!(!is_cut || (stored.len() - length).is_multiple_of(8), "{length}");
        }
    }
}
