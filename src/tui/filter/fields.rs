//! The fields that a filter can name: `model:eg8145`, `cause:purge`.
//!
//! Must not do: compare with case or accents.

use std::borrow::Cow;

use crate::domain::Untrusted;
use crate::domain::subscriber::scrub;
use crate::engine::Finding;
use crate::tui::filter::folded;
use crate::tui::filter::index::Section;

/// A field by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Serial,
    Mac,
    Login,
    Model,
    Firmware,
    Ip,
    Id,
    Tag,
    Cause,
    Strength,
    State,
    Fix,
}

const FIELDS: [(&str, Field); 12] = [
    ("serial", Field::Serial),
    ("mac", Field::Mac),
    ("login", Field::Login),
    ("model", Field::Model),
    ("firmware", Field::Firmware),
    ("ip", Field::Ip),
    ("id", Field::Id),
    ("tag", Field::Tag),
    ("cause", Field::Cause),
    ("strength", Field::Strength),
    ("state", Field::State),
    ("fix", Field::Fix),
];

impl Field {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// Are its values among the words of a finding?
    pub(super) fn is_in_words(self) -> bool {
        !matches!(self, Self::Strength | Self::State | Self::Fix)
    }

    /// The words that are its values, where they stand together.
    pub(super) fn section(self) -> Option<Section> {
        match self {
            Self::Serial => Some(Section::Serials),
            Self::Login => Some(Section::Logins),
            Self::Mac => Some(Section::Macs),
            Self::Model => Some(Section::Models),
            Self::Firmware
            | Self::Ip
            | Self::Id
            | Self::Tag
            | Self::Cause
            | Self::Strength
            | Self::State
            | Self::Fix => None,
        }
    }

    /// Does one of its values hold this? Of a field with a section, its words tell.
    pub(super) fn holds(self, finding: &Finding, wanted: &str) -> bool {
        let holds = |value: Option<&Untrusted>| value.is_some_and(|v| has(v.raw(), wanted));
        let (acs, provider) = (&finding.acs, &finding.provider);
        match self {
            Self::Serial | Self::Login | Self::Mac | Self::Model => false,
            Self::Ip => {
                acs.iter().any(|a| holds(a.wan_ip.as_ref()))
                    || provider.iter().any(|p| holds(p.wan_ip.as_ref()))
            }
            Self::Id => {
                finding.id.contains(wanted)
                    || acs.iter().any(|a| holds(Some(&a.id)))
                    || provider.iter().any(|p| {
                        let ids = [&p.device_id, &p.login_id, &p.customer_id, &p.contract_id];
                        ids.into_iter().any(|id| holds(id.as_ref()))
                    })
            }
            Self::Firmware => acs.iter().any(|a| holds(a.firmware.as_ref())),
            Self::Tag => acs.iter().flat_map(|a| &a.tags).any(|tag| has(&scrub(tag.raw()), wanted)),
            Self::Cause => finding.cause.wire().contains(wanted),
            Self::Strength => finding.strength.wire().starts_with(wanted),
            Self::State => finding.state.wire().starts_with(wanted),
            Self::Fix => finding.fixes.iter().any(|fix| fix.wire().contains(wanted)),
        }
    }
}

/// Is it in there, whatever its case and accents? ASCII is compared without a copy.
pub(super) fn has(value: &str, wanted: &str) -> bool {
    if value.is_ascii() {
        let (value, wanted) = (value.as_bytes(), wanted.as_bytes());
        return wanted.is_empty()
            || value.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
    }
    folded(value).contains(wanted)
}

/// What is looked for without the separators that serials and MACs are written with, where it
/// has any and is no address, login or name.
pub(super) fn without_separators(wanted: &str) -> Option<String> {
    let groups_of_four = || wanted.split('.').all(|part| part.len() <= 4) && !wanted.contains("..");
    let dotted = wanted.len() > 5
        && wanted.as_bytes().get(4) == Some(&b'.')
        && wanted.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.')
        && groups_of_four();
    let separated = wanted.contains([':', '-'])
        && wanted.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':' || b == b'-')
        && wanted.bytes().any(|b| b.is_ascii_digit());
    let bare: Cow<'_, str> = match (dotted, separated) {
        (true, _) => wanted.replace('.', "").into(),
        (_, true) => wanted.replace([':', '-'], "").into(),
        (false, false) => return None,
    };
    (!bare.is_empty()).then(|| bare.into_owned())
}
