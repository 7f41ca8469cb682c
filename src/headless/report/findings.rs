//! One finding as the JSON report prints it.
//!
//! Must not do: print a customer's name, document or phone.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::domain::subscriber::scrub;
use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::engine::{Candidate, FieldDrift, Finding, Ignored, Related};
use crate::headless::report::wire::{
    CauseName, FieldName, FixName, ReasonName, StateName, StrengthName, Time, rounded,
};
use crate::words::{Voice, evidence};

/// A device of the ACS, as a finding names it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AcsRecord<'a> {
    /// The ACS's id.
    pub id: &'a str,
    /// Serial, as the ACS writes it.
    pub serial: Option<&'a str>,
    /// All MACs, as the ACS writes them.
    pub mac: Vec<&'a str>,
    /// PPPoE login on the device.
    pub login: Option<&'a str>,
}

/// A row of the Provider, as a finding names it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProviderRow<'a> {
    /// Id of the device entry; null for a login without a device.
    pub device_id: Option<&'a str>,
    /// Id of the login.
    pub login_id: Option<&'a str>,
    /// Serial, as the Provider writes it.
    pub serial: Option<&'a str>,
    /// MAC, as the Provider writes it.
    pub mac: Option<&'a str>,
    /// PPPoE login.
    pub login: Option<&'a str>,
}

/// Records of the story that are not of the finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedRecords<'a> {
    acs: Option<AcsRecord<'a>>,
    provider: Option<ProviderRow<'a>>,
}

/// A login or record proposed to a person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CandidateDocument<'a> {
    login_id: Option<&'a str>,
    login: Option<&'a str>,
    score: f64,
    why: Vec<ReasonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acs_id: Option<&'a str>,
}

/// A field that differs in a matched pair.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FieldDocument<'a> {
    name: FieldName,
    acs: &'a str,
    provider: &'a str,
}

/// Why a person chose to leave it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IgnoredDocument<'a> {
    reason: Cow<'a, str>,
    until: Option<Time>,
}

/// One difference, explained.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingDocument<'a> {
    /// The same in every run while the difference lasts.
    id: &'a str,
    cause: CauseName,
    strength: StrengthName,
    /// 0 to 1; 1 where proven.
    #[schemars(range(min = 0.0, max = 1.0))]
    score: f64,
    state: StateName,
    /// The cause in the last run, where it was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<CauseName>,
    first_seen: Time,
    /// The first complete reading of the other system without the device, where it lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    absent_since: Option<Time>,
    acs: Option<AcsRecord<'a>>,
    /// Only where the finding has several records of the ACS; `acs` is then null.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acs_all: Vec<AcsRecord<'a>>,
    provider: Option<ProviderRow<'a>>,
    /// Only where the finding has several rows of the Provider; `provider` is then null.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provider_all: Vec<ProviderRow<'a>>,
    related: Option<RelatedRecords<'a>>,
    /// Sentences, strongest first.
    evidence: Vec<String>,
    /// First choice first.
    fixes: Vec<FixName>,
    candidates: Vec<CandidateDocument<'a>>,
    /// Only for `field-drift`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldDocument<'a>>,
    /// The device key on which ignores and notes hang.
    key: Option<String>,
    /// The device's model, where one side names it.
    model: Option<&'a str>,
    /// The device's last Inform, where it is in the ACS.
    last_inform: Option<Time>,
    /// Only where a person chose to leave it alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<IgnoredDocument<'a>>,
}

impl<'a> FindingDocument<'a> {
    /// Prints `finding` with its evidence in the voice's language.
    #[must_use]
    pub fn of(finding: &'a Finding, voice: &Voice) -> Self {
        let (acs, acs_all) = one_or_all(&finding.acs, acs_record);
        let (provider, provider_all) = one_or_all(&finding.provider, provider_row);
        Self {
            id: &finding.id,
            cause: CauseName(finding.cause),
            strength: StrengthName(finding.strength),
            score: rounded(finding.score),
            state: StateName(finding.state),
            was: finding.was.map(CauseName),
            first_seen: Time(finding.first_seen),
            absent_since: finding.absent_since.map(Time),
            acs,
            acs_all,
            provider,
            provider_all,
            related: finding.related.as_deref().map(related),
            evidence: finding.evidence.iter().map(|e| evidence(voice, e)).collect(),
            fixes: finding.fixes.iter().copied().map(FixName).collect(),
            candidates: finding.candidates.iter().map(candidate).collect(),
            fields: finding.fields.iter().map(field).collect(),
            key: finding.keys.first().map(ToString::to_string),
            model: model(finding).map(Untrusted::raw),
            last_inform: last_inform(finding).map(Time),
            ignored: finding.ignored.as_ref().map(ignored),
        }
    }
}

/// All findings of a run, printed one at a time.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// The findings.
    pub findings: &'a [Finding],
    /// How their evidence speaks.
    pub voice: &'a Voice,
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.findings.iter().map(|f| FindingDocument::of(f, self.voice)))
    }
}

/// The model, of the ACS where it tells, else of the Provider.
pub fn model(finding: &Finding) -> Option<&Untrusted> {
    let acs = finding.acs.iter().find_map(|d| d.model.as_ref());
    acs.or_else(|| finding.provider.iter().find_map(|p| p.model.as_ref()))
}

/// The newest Inform of its ACS records.
pub fn last_inform(finding: &Finding) -> Option<jiff::Timestamp> {
    finding.acs.iter().filter_map(|d| d.last_inform).max()
}

/// The singular where there is one record, the list where there are several.
fn one_or_all<'a, R, D>(records: &'a [R], print: fn(&'a R) -> D) -> (Option<D>, Vec<D>) {
    match records {
        [] => (None, Vec::new()),
        [one] => (Some(print(one)), Vec::new()),
        several => (None, several.iter().map(print).collect()),
    }
}

fn raw(value: Option<&Untrusted>) -> Option<&str> {
    value.map(Untrusted::raw)
}

fn acs_record(device: &AcsDevice) -> AcsRecord<'_> {
    AcsRecord {
        id: device.id.raw(),
        serial: raw(device.serial.as_ref()),
        mac: device.macs.iter().map(Untrusted::raw).collect(),
        login: raw(device.pppoe_login.as_ref()),
    }
}

fn provider_row(record: &ProviderRecord) -> ProviderRow<'_> {
    ProviderRow {
        device_id: raw(record.device_id.as_ref()),
        login_id: raw(record.login_id.as_ref()),
        serial: raw(record.serial.as_ref()),
        mac: raw(record.mac.as_ref()),
        login: raw(record.login.as_ref()),
    }
}

fn related(related: &Related) -> RelatedRecords<'_> {
    RelatedRecords {
        acs: related.acs.as_ref().map(acs_record),
        provider: related.provider.as_ref().map(provider_row),
    }
}

fn candidate(candidate: &Candidate) -> CandidateDocument<'_> {
    CandidateDocument {
        login_id: raw(candidate.login_id.as_ref()),
        login: raw(candidate.login.as_ref()),
        score: rounded(candidate.score),
        why: candidate.why.iter().copied().map(ReasonName).collect(),
        device_id: raw(candidate.device_id.as_ref()),
        acs_id: raw(candidate.acs_id.as_ref()),
    }
}

fn field(drift: &FieldDrift) -> FieldDocument<'_> {
    FieldDocument {
        name: FieldName(drift.field),
        acs: drift.acs.raw(),
        provider: drift.provider.raw(),
    }
}

fn ignored(ignored: &Ignored) -> IgnoredDocument<'_> {
    IgnoredDocument { reason: scrub(&ignored.reason), until: ignored.until.map(Time) }
}
