//! Both records of a device field by field: what is equal, what differs, what one side lacks.
//!
//! Must not do: show a person, unless that was noted.

use similar::{ChangeTag, TextDiff};

use crate::app::lookup::hardware_keys;
use crate::domain::identity::{fold, mac};
use crate::domain::subscriber::{scrub, shown_extra};
use crate::domain::text::visible;
use crate::domain::{AcsDevice, Extra, PppoeLogin, ProviderRecord, Untrusted};
use crate::engine::{Field, Reconciliation};
use crate::tui::filter::folded;
use crate::tui::screens::diff::age;
use crate::words::{Voice, contract_status, field_name, word};

/// Values that are less alike than this share letters by chance: they are shown whole.
const ALIKE: f32 = 0.6;
/// Fewer equal letters than this between two changes belong to them.
const APART: usize = 2;

/// How the two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    Differs,
    OneSide,
}

impl Sign {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Differs => "≠",
            Self::OneSide => "·",
        }
    }
}

/// A field with both values, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub name: String,
    pub acs: Option<String>,
    pub provider: Option<String>,
    pub sign: Sign,
}

/// What the fields are told with.
pub(super) struct Teller<'a> {
    pub voice: &'a Voice,
    pub now: jiff::Timestamp,
    pub answer: Option<&'a Reconciliation>,
    pub revealed: bool,
}

type Compare = fn(&str, &str) -> bool;

impl Teller<'_> {
    /// What a person looks at first: identities, when it was last seen, whose it is.
    pub(super) fn first(
        &self,
        acs: Option<&AcsDevice>,
        provider: Option<&ProviderRecord>,
    ) -> Vec<Row> {
        let mut rows = self.identity(acs, provider);
        rows.extend(self.standing(acs, provider));
        rows.extend(self.people(provider).into_iter().take(1));
        rows.retain(|row| row.acs.is_some() || row.provider.is_some());
        rows
    }

    /// All the others.
    pub(super) fn rest(
        &self,
        acs: Option<&AcsDevice>,
        provider: Option<&ProviderRecord>,
    ) -> Vec<Row> {
        let mut rows = self.others(acs, provider);
        rows.extend(self.people(provider).into_iter().skip(1));
        rows.extend(self.extras(acs, provider));
        rows.retain(|row| row.acs.is_some() || row.provider.is_some());
        rows
    }

    fn identity(&self, acs: Option<&AcsDevice>, provider: Option<&ProviderRecord>) -> Vec<Row> {
        let name = |field| field_name(self.voice, field);
        let macs = acs.map(|a| &*a.macs).unwrap_or_default();
        let entry = provider.and_then(|p| p.mac.as_ref());
        vec![
            row(
                name(Field::Serial),
                acs.and_then(|a| a.serial.as_ref()),
                provider.and_then(|p| p.serial.as_ref()),
                same_serial,
            ),
            self.macs(macs, entry),
            row(
                name(Field::Login),
                acs.and_then(|a| a.pppoe_login.as_ref()),
                provider.and_then(|p| p.login.as_ref()),
                same_login,
            ),
            row(
                name(Field::Model),
                acs.and_then(|a| a.model.as_ref()),
                provider.and_then(|p| p.model.as_ref()),
                same_text,
            ),
            row(
                name(Field::WanIp),
                acs.and_then(|a| a.wan_ip.as_ref()),
                provider.and_then(|p| p.wan_ip.as_ref()),
                same_text,
            ),
        ]
    }

    /// The ACS may know several: the one that the Provider holds is shown, else the first.
    fn macs(&self, macs: &[Untrusted], entry: Option<&Untrusted>) -> Row {
        let same = |value: &&Untrusted| entry.is_some_and(|e| same_mac(value.raw(), e.raw()));
        let shown = macs.iter().find(same).or(macs.first());
        row(field_name(self.voice, Field::Mac), shown, entry, same_mac)
    }

    fn standing(&self, acs: Option<&AcsDevice>, provider: Option<&ProviderRecord>) -> Vec<Row> {
        let voice = self.voice;
        let seen = acs.and_then(|a| a.last_inform);
        let seen = seen.map(|at| format!("{} ({})", age(at, self.now), voice.time(at)));
        let state = provider.filter(|p| p.has_login()).map(|p| self.login_state(p));
        vec![
            one(word!(voice, en: "last inform", pt: "último inform"), seen, None),
            one(word!(voice, en: "login state", pt: "estado login"), None, state),
        ]
    }

    fn others(&self, acs: Option<&AcsDevice>, provider: Option<&ProviderRecord>) -> Vec<Row> {
        let voice = self.voice;
        let text = |value: Option<&Untrusted>| value.map(ToString::to_string);
        let tags = acs.map(|a| &*a.tags).unwrap_or_default();
        let tags: Vec<String> = tags.iter().map(|tag| visible(&scrub(tag.raw()))).collect();
        let time = |at: Option<jiff::Timestamp>| at.map(|at| voice.time(at));
        vec![
            one("firmware", text(acs.and_then(|a| a.firmware.as_ref())), None),
            one(
                word!(voice, en: "registered", pt: "registrado"),
                time(acs.and_then(|a| a.registered)),
                time(provider.and_then(|p| p.registered)),
            ),
            one("id", text(acs.map(|a| &a.id)), text(provider.and_then(|p| p.device_id.as_ref()))),
            one("login id", None, text(provider.and_then(|p| p.login_id.as_ref()))),
            one("tags", (!tags.is_empty()).then(|| tags.join("; ")), None),
        ]
    }

    fn login_state(&self, record: &ProviderRecord) -> String {
        let voice = self.voice;
        let active = match record.active {
            Some(false) => word!(voice, en: "not active", pt: "não ativo"),
            Some(true) | None => word!(voice, en: "active", pt: "ativo"),
        };
        let linked = if record.is_linked() {
            word!(voice, en: "linked", pt: "vinculado")
        } else {
            word!(voice, en: "not linked", pt: "sem vínculo")
        };
        format!("{active}, {linked}")
    }

    /// Masked, unless it was noted who sees them.
    fn people(&self, provider: Option<&ProviderRecord>) -> Vec<Row> {
        let voice = self.voice;
        let Some(p) = provider else { return Vec::new() };
        let shown = |masked: Option<String>, raw: Option<&Untrusted>| match raw {
            Some(raw) if self.revealed => Some(raw.to_string()),
            _ => masked,
        };
        let name = p.customer_name.as_ref();
        let (document, phone) = (p.document.as_ref(), p.phone.as_ref());
        let values = [
            (
                word!(voice, en: "customer", pt: "cliente"),
                shown(name.map(ToString::to_string), name.map(|n| &n.0)),
            ),
            ("CPF/CNPJ", shown(document.map(ToString::to_string), document.map(|d| &d.0))),
            (
                word!(voice, en: "phone", pt: "telefone"),
                shown(phone.map(ToString::to_string), phone.map(|n| &n.0)),
            ),
            (
                word!(voice, en: "contract", pt: "contrato"),
                p.contract_status.as_ref().map(|code| contract_status(voice, code)),
            ),
            (
                word!(voice, en: "service plan", pt: "plano"),
                p.plan.as_ref().map(|plan| visible(&scrub(plan.raw()))),
            ),
        ];
        values.into_iter().map(|(name, value)| one(name, None, value)).collect()
    }

    fn extras(&self, acs: Option<&AcsDevice>, provider: Option<&ProviderRecord>) -> Vec<Row> {
        let Some(answer) = self.answer else { return Vec::new() };
        let named = |extra: &Extra, columns: &[Box<str>]| -> Vec<(String, String)> {
            let value = |(at, value): &(u16, Untrusted)| {
                let name = columns.get(usize::from(*at))?;
                let shown = if self.revealed {
                    value.to_string()
                } else {
                    visible(&shown_extra(name, value.raw()))
                };
                Some((visible(name), shown))
            };
            extra.iter().filter_map(value).collect()
        };
        let of_acs = acs.map(|a| named(&a.extra, &answer.acs.extra_columns));
        let of_provider = provider.map(|p| named(&p.extra, &answer.provider.extra_columns));
        let acs = of_acs.unwrap_or_default().into_iter().map(|(n, v)| one(&n, Some(v), None));
        let theirs = of_provider.unwrap_or_default().into_iter();
        acs.chain(theirs.map(|(n, v)| one(&n, None, Some(v)))).collect()
    }
}

/// A field that is not compared: the two systems mean their own by it.
fn one(name: &str, acs: Option<String>, provider: Option<String>) -> Row {
    Row { name: name.to_owned(), acs, provider, sign: Sign::OneSide }
}

fn row(name: &str, acs: Option<&Untrusted>, provider: Option<&Untrusted>, same: Compare) -> Row {
    let sign = match (acs, provider) {
        (Some(a), Some(p)) if same(a.raw(), p.raw()) => Sign::Equal,
        (Some(_), Some(_)) => Sign::Differs,
        _ => Sign::OneSide,
    };
    let shown = |value: Option<&Untrusted>| value.map(ToString::to_string);
    Row { name: name.to_owned(), acs: shown(acs), provider: shown(provider), sign }
}

fn same_serial(a: &str, b: &str) -> bool {
    let keys = |text: &str| hardware_keys(&Untrusted::new(text));
    let theirs = keys(b);
    fold(a) == fold(b) || keys(a).iter().any(|key| theirs.contains(key))
}

fn same_mac(a: &str, b: &str) -> bool {
    match (mac(a), mac(b)) {
        (Some(a), Some(b)) => a == b,
        _ => fold(a) == fold(b),
    }
}

fn same_login(a: &str, b: &str) -> bool {
    match (PppoeLogin::new(a), PppoeLogin::new(b)) {
        (Some(a), Some(b)) => a.same(&b),
        _ => a == b,
    }
}

fn same_text(a: &str, b: &str) -> bool {
    folded(a.trim()) == folded(b.trim())
}

/// A piece of a value: as it is, only in the old one, or only in the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Same(String),
    Old(String),
    New(String),
}

impl Piece {
    /// `[-old-]`, `{+new+}`: so that no colour is needed.
    pub(super) fn marked(&self) -> String {
        match self {
            Self::Same(text) => text.clone(),
            Self::Old(text) => format!("[-{text}-]"),
            Self::New(text) => format!("{{+{text}+}}"),
        }
    }
}

/// What would have to change in the old value to make it the new one; the old one as it is where
/// the two have little in common.
pub(super) fn changes(old: &str, new: &str) -> Vec<Piece> {
    let diff = TextDiff::from_chars(old, new);
    if diff.ratio() < ALIKE {
        return vec![Piece::Same(old.to_owned())];
    }
    let mut pieces = Vec::new();
    let (mut same, mut was, mut is) = (String::new(), String::new(), String::new());
    for change in diff.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => same.push_str(text),
            ChangeTag::Delete | ChangeTag::Insert => {
                let is_open = !was.is_empty() || !is.is_empty();
                if is_open && same.chars().count() < APART {
                    was.push_str(&same);
                    is.push_str(&same);
                } else {
                    close(&mut pieces, &mut was, &mut is, &same);
                }
                same.clear();
                match change.tag() {
                    ChangeTag::Delete => was.push_str(text),
                    ChangeTag::Insert | ChangeTag::Equal => is.push_str(text),
                }
            }
        }
    }
    close(&mut pieces, &mut was, &mut is, &same);
    pieces
}

fn close(pieces: &mut Vec<Piece>, was: &mut String, is: &mut String, same: &str) {
    if !was.is_empty() {
        pieces.push(Piece::Old(std::mem::take(was)));
    }
    if !is.is_empty() {
        pieces.push(Piece::New(std::mem::take(is)));
    }
    if !same.is_empty() {
        pieces.push(Piece::Same(same.to_owned()));
    }
}
