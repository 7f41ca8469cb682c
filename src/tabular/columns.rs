//! Which column of a file is which of ours: by name, or by the `columns` of the configuration.
//!
//! Must not do: guess by content, or take a column for another because it sounds alike.

use std::collections::{BTreeMap, HashMap};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::Untrusted;
use crate::domain::scrub::scrub;
use crate::domain::text::visible;
use crate::ports::FetchError;
use crate::tabular::failure;

/// The most unknown columns that are kept.
const EXTRA_MAX: usize = 1000;

/// More digits than a column's name has.
const DIGITS: usize = 4;

/// The most columns that an error message lists.
const SHOWN_MAX: usize = 40;

/// What a file of one kind holds.
#[derive(Debug)]
pub struct Schema {
    /// What a row is, in the plural, for messages: `devices`.
    pub rows: &'static str,
    /// Names of our columns.
    pub fields: &'static [&'static str],
    /// Which of them must be there.
    pub required: Required,
    /// May the configuration name its columns? Only then is that worth a hint.
    pub renamed: bool,
}

/// Which columns must exist.
#[derive(Clone, Copy, Debug)]
pub enum Required {
    /// All of these.
    All(&'static [&'static str]),
    /// At least one of these.
    Any(&'static [&'static str]),
}

impl Required {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::All(names) | Self::Any(names) => names,
        }
    }
}

/// Where the values of a column go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// To one of our columns.
    Field(u8),
    /// To several of ours, as the configuration says.
    Fields(Box<[u8]>),
    /// To the extra column of that number.
    Extra(u16),
    /// The header gives the column no name; it becomes an extra once it has a value.
    Unnamed,
    /// Nowhere: too many unknown columns.
    Dropped,
}

/// The columns of one file, as far as they have been met.
#[derive(Debug)]
pub struct Columns {
    schema: &'static Schema,
    /// Folded name in the file, to our columns.
    wanted: HashMap<String, Vec<u8>>,
    /// Our column's name in the configuration's map.
    mapped: Vec<Option<String>>,
    /// Our column's name in the file, once met.
    met: Vec<Option<Box<str>>>,
    /// All names met, for messages.
    names: Vec<Box<str>>,
    extra: Vec<Box<str>>,
    extra_of: HashMap<Box<str>, u16>,
    dropped: bool,
}

/// Folds a column's name: case, accents, blanks, `_`, `-` and `.` mean nothing.
pub fn fold_name(name: &str) -> String {
    let plain =
        |c: &char| !is_combining_mark(*c) && !c.is_whitespace() && !"_-.\u{feff}".contains(*c);
    name.nfkd().filter(plain).flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// The columns of `schema`, some of them under the names of `map` (ours to theirs).
    ///
    /// # Errors
    /// Where the map names a column that is none of ours.
    pub fn new(
        schema: &'static Schema,
        map: &BTreeMap<String, String>,
    ) -> Result<Self, FetchError> {
        let mut mapped = vec![None; schema.fields.len()];
        for (ours, theirs) in map {
            match schema.fields.iter().position(|f| f == ours) {
                Some(at) => mapped[at] = Some(theirs.clone()),
                None => return Err(unknown_key(schema, ours)),
            }
        }
        let mut wanted: HashMap<String, Vec<u8>> = HashMap::new();
        for ((at, ours), theirs) in (0_u8..).zip(schema.fields).zip(&mapped) {
            let name = fold_name(theirs.as_deref().unwrap_or(ours));
            wanted.entry(name).or_default().push(at);
        }
        Ok(Self {
            schema,
            wanted,
            met: vec![None; mapped.len()],
            mapped,
            names: Vec::new(),
            extra: Vec::new(),
            extra_of: HashMap::new(),
            dropped: false,
        })
    }

    /// Where the values of the column `name` go.
    pub fn slot(&mut self, name: &str) -> Slot {
        let name = name.trim();
        let folded = fold_name(name);
        if name.is_empty() {
            return Slot::Unnamed;
        }
        if self.names.len() < EXTRA_MAX {
            self.names.push(name.into());
        }
        let Some(ours) = self.wanted.get(&folded) else { return self.extra_slot(name) };
        for &at in ours {
            self.met[usize::from(at)].get_or_insert_with(|| name.into());
        }
        match ours[..] {
            [one] => Slot::Field(one),
            ref several => Slot::Fields(several.into()),
        }
    }

    /// The extra column called `name`.
    pub fn extra_slot(&mut self, name: &str) -> Slot {
        self.extra(name).map_or(Slot::Dropped, Slot::Extra)
    }

    /// The number of the extra column called `name`, made where it is new.
    pub fn extra(&mut self, name: &str) -> Option<u16> {
        if let Some(&at) = self.extra_of.get(name) {
            return Some(at);
        }
        if self.extra.len() >= EXTRA_MAX {
            self.dropped = true;
            return None;
        }
        let at = u16::try_from(self.extra.len()).ok()?;
        self.extra.push(name.into());
        self.extra_of.insert(name.into(), at);
        Some(at)
    }

    /// The number of the extra column that keeps our column's unreadable values.
    pub fn extra_for(&mut self, field: usize) -> Option<u16> {
        let name = self.met[field].clone().unwrap_or_else(|| self.schema.fields[field].into());
        self.extra(&name)
    }

    /// Does the file have our column?
    pub fn has(&self, field: usize) -> bool {
        self.met[field].is_some()
    }

    /// How many columns of ours there are.
    pub fn count(&self) -> usize {
        self.met.len()
    }

    /// Our column's name, as the contract writes it.
    pub fn name(&self, field: usize) -> &'static str {
        self.schema.fields[field]
    }

    /// Were unknown columns dropped because there are too many?
    pub fn dropped(&self) -> bool {
        self.dropped
    }

    /// Names of the unknown columns so far.
    pub fn extra_names(&self) -> &[Box<str>] {
        &self.extra
    }

    /// Names of the unknown columns, as the file writes them.
    pub fn into_extra(self) -> Vec<Box<str>> {
        self.extra
    }

    /// Are all columns there that must be?
    ///
    /// # Errors
    /// Names what is missing, what was found, and the nearest name.
    pub fn check(&self, file: &str) -> Result<(), FetchError> {
        for (at, theirs) in self.mapped.iter().enumerate() {
            if let (Some(theirs), None) = (theirs, &self.met[at]) {
                return Err(self.missing(file, &[theirs], self.schema.fields[at]));
            }
        }
        let has = |name: &&str| {
            self.schema.fields.iter().position(|f| f == name).is_some_and(|at| self.has(at))
        };
        match self.schema.required {
            Required::All(names) => match names.iter().find(|n| !has(n)) {
                Some(name) => Err(self.missing(file, &[name], name)),
                None => Ok(()),
            },
            Required::Any(names) if names.iter().any(has) => Ok(()),
            Required::Any(names) => Err(self.missing(file, names, names[0])),
        }
    }

    fn missing(&self, file: &str, names: &[&str], ours: &str) -> FetchError {
        let wanted = listed(names.iter().copied());
        let lack = if names.len() == 1 { "has no column" } else { "has none of the columns" };
        // Without one name that is known, and with what no name has, it is a customer's line.
        let is_value = |name: &str| {
            name.contains(['@', '(']) || name.bytes().filter(u8::is_ascii_digit).count() >= DIGITS
        };
        let is_known = (0..self.schema.fields.len()).any(|at| self.has(at));
        if !is_known && self.names.iter().any(|name| is_value(name)) {
            let what = format!("{file} {lack} {wanted}; its first line names no column at all");
            let hint = "is the header missing? Export it with the names of its columns, or write \
                        them into the first line";
            return failure::config(what, &[hint]);
        }
        let shown: Vec<String> =
            self.names.iter().take(SHOWN_MAX).map(|name| scrub(name).into_owned()).collect();
        let found = listed(shown.iter().map(String::as_str));
        let more = if self.names.len() > SHOWN_MAX { ", …" } else { "" };
        let what = format!("{file} {lack} {wanted}; it has {found}{more}");
        let near = nearest(names, self.names.iter().map(AsRef::as_ref));
        if !self.schema.renamed {
            let was = near.map_or(String::new(), |n| format!(" (is it `{}`?)", visible(n)));
            let hint = format!(
                "a file of {} needs the columns {} under these names: rename it in the header{was}",
                self.schema.rows,
                listed(self.schema.required.names().iter().copied()),
            );
            return failure::config(what, &[&hint]);
        }
        let hint = format!(
            "tell which column it is: columns = {{ {ours} = \"{}\" }} beside the file's path in \
             the configuration, or rename it in the header",
            near.map_or("…".into(), visible)
        );
        failure::config(what, &[&hint])
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.map(|n| format!("`{}`", Untrusted::new(n))).collect();
    if quoted.is_empty() { "none at all".into() } else { quoted.join(", ") }
}

fn unknown_key(schema: &'static Schema, key: &str) -> FetchError {
    let near = nearest(&[key], schema.fields.iter().copied());
    let hint = match near {
        Some(near) => format!("the nearest column is `{near}`"),
        None => format!("its columns are {}", listed(schema.fields.iter().copied())),
    };
    let what = format!("columns: a file of {} has no column `{}`", schema.rows, visible(key));
    failure::config(what, &[&hint])
}

/// Of `found`, the name most like one of `wanted`, if any is at all alike.
fn nearest<'n>(wanted: &[&str], found: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |name: &str| {
        let folded = fold_name(name);
        wanted
            .iter()
            .map(|w| {
                let w = fold_name(w);
                let inside = !folded.is_empty() && (folded.contains(&w) || w.contains(&folded));
                let likeness = strsim::jaro_winkler(&folded, &w);
                if inside { likeness.max(0.9) } else { likeness }
            })
            .fold(0.0, f64::max)
    };
    found
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::FetchErrorKind;

    static SCHEMA: Schema = Schema {
        rows: "devices",
        fields: &["id", "serial", "last_inform"],
        required: Required::All(&["id", "serial"]),
        renamed: true,
    };

    fn columns(map: &[(&str, &str)]) -> Result<Columns, FetchError> {
        let map = map.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Columns::new(&SCHEMA, &map)
    }

    #[test]
    fn names_are_folded() {
        for name in ["last_inform", "Last Inform", "LAST-INFORM", "lást.ínform", "LastInform"] {
            assert_eq!(columns(&[]).unwrap().slot(name), Slot::Field(2), "{name}");
        }
        assert_eq!(fold_name("Número de Série"), "numerodeserie");
    }

    #[test]
    fn a_map_replaces_a_name_and_may_use_one_column_twice() {
        let mut c = columns(&[("id", "Número de série"), ("serial", "numero_de_serie")]).unwrap();
        assert_eq!(c.slot("NUMERO DE SERIE"), Slot::Fields([0, 1].into()));
        assert_eq!(c.slot("serial"), Slot::Extra(0));
        assert!(c.check("f").is_ok());
        let mut c = columns(&[("id", "serial")]).unwrap();
        assert_eq!(c.slot("serial"), Slot::Fields([0, 1].into()));
    }

    #[test]
    fn a_wrong_key_names_the_nearest() {
        let error = columns(&[("seriall", "x")]).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.contains("`seriall`") && error.hints[0].contains("`serial`"));
    }

    #[test]
    fn a_missing_column_is_named_with_what_was_found() {
        let mut c = columns(&[]).unwrap();
        for name in ["ID", "Serial Number", "x\u{1b}y"] {
            c.slot(name);
        }
        let error = c.check("acs.csv").unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert_eq!(
            error.what,
            "acs.csv has no column `serial`; it has `ID`, `Serial Number`, `x\\x1by`"
        );
        assert!(error.hints[0].contains("serial = \"Serial Number\""), "{}", error.hints[0]);
        let mut c = columns(&[("last_inform", "visto em")]).unwrap();
        c.slot("id");
        c.slot("serial");
        assert!(c.check("f").unwrap_err().what.contains("`visto em`"));
    }

    #[test]
    fn no_map_is_advised_where_there_is_none() {
        static EVENTS: Schema =
            Schema { rows: "events", required: Required::All(&["id"]), renamed: false, ..SCHEMA };
        let mut c = Columns::new(&EVENTS, &BTreeMap::new()).unwrap();
        c.slot("identity");
        let error = c.check("events.csv").unwrap_err();
        assert!(!error.hints[0].contains("columns ="), "{}", error.hints[0]);
        assert!(error.hints[0].contains("is it `identity`?"), "{}", error.hints[0]);
    }

    #[test]
    fn unknown_columns_are_bounded() {
        let mut c = columns(&[]).unwrap();
        for n in 0..2000 {
            c.slot(&format!("column {n}"));
        }
        assert!(c.dropped());
        assert_eq!(c.into_extra().len(), EXTRA_MAX);
    }
}
