//! Stored form of findings: self-contained, so that one can be shown without its snapshot.
//!
//! Must not do: reorder or round. What comes back equals what went in, but for people's data.

use serde::{Deserialize, Serialize};

use crate::domain::{DeviceKey, Untrusted};
use crate::engine::{
    Candidate, Cause, Evidence, EvidenceKind, Field, FieldDrift, Finding, Fix, Ignored, Prior,
    Reason, Related, State, Strength,
};
use crate::store::codec::columns::{Cells, Columns};
use crate::store::codec::device::{
    ACS_COLUMNS, AcsRow, Keep, PROVIDER_COLUMNS, ProviderRow, acs_cells, provider_cells, raw,
};
use crate::store::codec::typed::{Typed, typed};
use crate::store::codec::{Bad, Instant, bad, from_postcard_and_more, instant, time, wired};

/// Columns of a list of findings: place in the report, then those of the records within.
pub(in crate::store) const FINDING_COLUMNS: usize = 1 + ACS_COLUMNS + PROVIDER_COLUMNS;
/// First column of the ACS records.
const ACS_FIRST: usize = 1;
/// First column of the Provider records.
const PROVIDER_FIRST: usize = 1 + ACS_COLUMNS;

/// What a mirror of [`Finding`] begins with: what is compared from run to run.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct Front<'a> {
    id: &'a str,
    cause: &'a str,
    strength: &'a str,
    score: f64,
    state: &'a str,
    was: Option<&'a str>,
    first_seen: Instant,
    absent_since: Option<Instant>,
    #[serde(borrow)]
    ignored: Option<(Typed<'a>, Option<Instant>)>,
    keys: Vec<String>,
}

/// Mirror of [`Finding`].
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct FindingRow<'a> {
    #[serde(borrow)]
    front: Front<'a>,
    #[serde(borrow)]
    acs: Vec<AcsRow<'a>>,
    #[serde(borrow)]
    provider: Vec<ProviderRow<'a>>,
    #[serde(borrow)]
    related: Option<Box<RelatedRow<'a>>>,
    #[serde(borrow)]
    evidence: Vec<EvidenceRow<'a>>,
    #[serde(borrow)]
    fixes: Vec<&'a str>,
    #[serde(borrow)]
    candidates: Vec<CandidateRow<'a>>,
    #[serde(borrow)]
    fields: Vec<(&'a str, &'a str, &'a str)>,
}

#[derive(Serialize, Deserialize)]
struct RelatedRow<'a> {
    #[serde(borrow)]
    acs: Option<AcsRow<'a>>,
    #[serde(borrow)]
    provider: Option<ProviderRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct EvidenceRow<'a> {
    kind: &'a str,
    at: Option<Instant>,
    until: Option<Instant>,
    #[serde(borrow)]
    a: Option<Typed<'a>>,
    #[serde(borrow)]
    b: Option<Typed<'a>>,
    n: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct CandidateRow<'a> {
    login_id: Option<&'a str>,
    login: Option<&'a str>,
    device_id: Option<&'a str>,
    acs_id: Option<&'a str>,
    score: f64,
    #[serde(borrow)]
    why: Vec<&'a str>,
}

/// What of a finding is compared from run to run without reading it whole.
pub(in crate::store) struct Gist<'a> {
    pub cause: Cause,
    pub strength: Strength,
    pub state: State,
    pub keys: &'a [String],
}

impl<'a> Front<'a> {
    pub(in crate::store) fn of(finding: &'a Finding) -> Self {
        let ignored = finding.ignored.as_ref();
        Self {
            id: &finding.id,
            cause: finding.cause.wire(),
            strength: finding.strength.wire(),
            score: finding.score,
            state: finding.state.wire(),
            was: finding.was.map(Cause::wire),
            first_seen: finding.first_seen.into(),
            absent_since: instant(finding.absent_since),
            ignored: ignored.map(|i| (Typed::of(&i.reason), instant(i.until))),
            keys: finding.keys.iter().map(ToString::to_string).collect(),
        }
    }

    /// Of a finding as it is stored. The rest is not decoded: its list's sum tells that it is
    /// whole.
    pub(in crate::store) fn read(body: &'a [u8]) -> Result<Self, Bad> {
        from_postcard_and_more(body).map(|(front, _)| front)
    }

    pub(in crate::store) fn gist(&self) -> Result<Gist<'_>, Bad> {
        Ok(Gist {
            cause: wired(Cause::from_wire, self.cause)?,
            strength: wired(Strength::from_wire, self.strength)?,
            state: wired(State::from_wire, self.state)?,
            keys: &self.keys,
        })
    }

    pub(in crate::store) fn id(&self) -> &str {
        self.id
    }
}

impl<'a> FindingRow<'a> {
    pub(in crate::store) fn of(finding: &'a Finding, keep: &Keep) -> Self {
        Self {
            front: Front::of(finding),
            acs: finding.acs.iter().map(|d| AcsRow::of(d, keep)).collect(),
            provider: finding.provider.iter().map(|p| ProviderRow::of(p, keep)).collect(),
            related: finding.related.as_ref().map(|r| RelatedRow::of(r, keep)),
            evidence: finding.evidence.iter().map(EvidenceRow::of).collect(),
            fixes: finding.fixes.iter().map(|f| f.wire()).collect(),
            candidates: finding.candidates.iter().map(CandidateRow::of).collect(),
            fields: finding
                .fields
                .iter()
                .map(|f| (f.field.wire(), f.acs.raw(), f.provider.raw()))
                .collect(),
        }
    }

    pub(in crate::store) fn id(&self) -> &str {
        self.front.id
    }

    /// As much of the finding as later runs need.
    pub(in crate::store) fn prior(&self) -> Result<Prior, Bad> {
        let front = &self.front;
        Ok(Prior {
            id: front.id.to_owned(),
            cause: wired(Cause::from_wire, front.cause)?,
            keys: front.keys.iter().map(|k| device_key(k)).collect::<Result<_, _>>()?,
            first_seen: front.first_seen.time()?,
            absent_since: front.absent_since.map(Instant::time).transpose()?,
            past: EvidenceKind::of_a_past(
                self.evidence.iter().filter_map(|fact| EvidenceKind::from_wire(fact.kind)),
            ),
        })
    }

    /// The finding; its records' changing parts from `cells`, in the order of [`put_cells`].
    pub(in crate::store) fn finding(&self, cells: &mut Cells) -> Result<Finding, Bad> {
        let front = &self.front;
        let gist = front.gist()?;
        let acs = each(&self.acs, |r| r.device(cells, ACS_FIRST))?;
        let provider = each(&self.provider, |r| r.record(cells, PROVIDER_FIRST))?;
        Ok(Finding {
            id: front.id.to_owned(),
            cause: gist.cause,
            strength: gist.strength,
            score: front.score,
            state: gist.state,
            was: front.was.map(|w| wired(Cause::from_wire, w)).transpose()?,
            first_seen: front.first_seen.time()?,
            absent_since: front.absent_since.map(Instant::time).transpose()?,
            ignored: front
                .ignored
                .as_ref()
                .map(|(r, until)| ignored(r.text(), *until))
                .transpose()?,
            keys: each(&front.keys, |k| device_key(k))?,
            acs,
            provider,
            related: self.related.as_ref().map(|r| r.related(cells).map(Box::new)).transpose()?,
            evidence: each(&self.evidence, EvidenceRow::evidence)?,
            fixes: all(&self.fixes, Fix::from_wire)?,
            candidates: each(&self.candidates, CandidateRow::candidate)?,
            fields: each(&self.fields, |&f| field(f))?,
        })
    }
}

impl FindingRow<'_> {
    /// How many cells it has in each column.
    pub(in crate::store) fn cells(&self) -> [usize; FINDING_COLUMNS] {
        let related = self.related.as_ref();
        let acs = self.acs.len() + usize::from(related.is_some_and(|r| r.acs.is_some()));
        let provider =
            self.provider.len() + usize::from(related.is_some_and(|r| r.provider.is_some()));
        std::array::from_fn(|column| match column {
            0 => 1,
            ACS_FIRST..PROVIDER_FIRST => acs,
            _ => provider,
        })
    }
}

/// Adds a finding's cells: its place in the report, and its records' changing parts.
pub(in crate::store) fn put_cells(finding: &Finding, place: usize, columns: &mut Columns) {
    columns[0].push(i64::try_from(place).ok().map(|p| (p, 0)).into());
    let related = finding.related.as_ref();
    for device in finding.acs.iter().chain(related.and_then(|r| r.acs.as_ref())) {
        for (i, cell) in acs_cells(device).into_iter().enumerate() {
            columns[ACS_FIRST + i].push(cell.into());
        }
    }
    for record in finding.provider.iter().chain(related.and_then(|r| r.provider.as_ref())) {
        for (i, cell) in provider_cells(record).into_iter().enumerate() {
            columns[PROVIDER_FIRST + i].push(cell.into());
        }
    }
}

/// Reads a device key as it was written.
pub(in crate::store) fn device_key(text: &str) -> Result<DeviceKey, Bad> {
    DeviceKey::parse(text).ok_or_else(|| bad("a device key that can't be read"))
}

fn all<T>(wires: &[&str], read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Bad> {
    each(wires, |w| wired(&read, w))
}

/// As `collect`, but of the length that is known: most lists here hold one, and a list that
/// grows to its length takes room for four. Of 100,000 findings that was every third byte.
pub(in crate::store) fn each<F, T>(
    from: &[F],
    mut read: impl FnMut(&F) -> Result<T, Bad>,
) -> Result<Vec<T>, Bad> {
    let mut all = Vec::with_capacity(from.len());
    for one in from {
        all.push(read(one)?);
    }
    Ok(all)
}

fn ignored(reason: &str, until: Option<Instant>) -> Result<Ignored, Bad> {
    Ok(Ignored { reason: reason.to_owned(), until: time(until)? })
}

fn field((name, acs, provider): (&str, &str, &str)) -> Result<FieldDrift, Bad> {
    Ok(FieldDrift {
        field: wired(Field::from_wire, name)?,
        acs: Untrusted::new(acs),
        provider: Untrusted::new(provider),
    })
}

impl<'a> RelatedRow<'a> {
    /// Boxed, as few findings have one: a row is moved some times while it is read.
    fn of(related: &'a Related, keep: &Keep) -> Box<Self> {
        Box::new(Self {
            acs: related.acs.as_ref().map(|d| AcsRow::of(d, keep)),
            provider: related.provider.as_ref().map(|p| ProviderRow::of(p, keep)),
        })
    }

    fn related(&self, cells: &mut Cells) -> Result<Related, Bad> {
        Ok(Related {
            acs: self.acs.as_ref().map(|r| r.device(cells, ACS_FIRST)).transpose()?,
            provider: self
                .provider
                .as_ref()
                .map(|r| r.record(cells, PROVIDER_FIRST))
                .transpose()?,
        })
    }
}

/// Which of a fact's values `a` and `b` somebody typed (a remark, a contract's status); every
/// other value is an identity.
pub(in crate::store) fn is_typed(kind: EvidenceKind) -> (bool, bool) {
    use EvidenceKind as K;
    match kind {
        K::DeletedByHand | K::MassExclusionNames | K::MassExclusionRan => (true, false),
        K::LoginInactive | K::FittingLoginInactive => (false, true),
        _ => (false, false),
    }
}

impl<'a> EvidenceRow<'a> {
    fn of(fact: &'a Evidence) -> Self {
        let (typed_a, typed_b) = is_typed(fact.kind);
        let kept = |value: &'a Option<Untrusted>, is_typed| {
            let of = if is_typed { Typed::value } else { Typed::identity };
            of(value.as_ref())
        };
        Self {
            kind: fact.kind.wire(),
            at: instant(fact.at),
            until: instant(fact.until),
            a: kept(&fact.a, typed_a),
            b: kept(&fact.b, typed_b),
            n: fact.n,
        }
    }

    fn evidence(&self) -> Result<Evidence, Bad> {
        Ok(Evidence {
            kind: wired(EvidenceKind::from_wire, self.kind)?,
            at: time(self.at)?,
            until: time(self.until)?,
            a: typed(self.a.as_ref()),
            b: typed(self.b.as_ref()),
            n: self.n,
        })
    }
}

impl<'a> CandidateRow<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            login_id: raw(candidate.login_id.as_ref()),
            login: raw(candidate.login.as_ref()),
            device_id: raw(candidate.device_id.as_ref()),
            acs_id: raw(candidate.acs_id.as_ref()),
            score: candidate.score,
            why: candidate.why.iter().map(|w| w.wire()).collect(),
        }
    }

    fn candidate(&self) -> Result<Candidate, Bad> {
        Ok(Candidate {
            login_id: self.login_id.map(Untrusted::new),
            login: self.login.map(Untrusted::new),
            device_id: self.device_id.map(Untrusted::new),
            acs_id: self.acs_id.map(Untrusted::new),
            score: self.score,
            why: all(&self.why, Reason::from_wire)?,
        })
    }
}
