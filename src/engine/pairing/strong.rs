//! Passes 1 and 2: stored link ids, and serials in either form.
//!
//! Must not do: pair anything that is not 1:1; several records with one serial are a group.

use std::sync::OnceLock;

use smallvec::SmallVec;

use super::index::{Gathered, Index, Places};
use super::side::Ids;
use super::{Bucket, Pairing, Pass, Sides};
use crate::domain::{Serial, Untrusted};
use crate::engine::both::both;

/// Pass 1. A link counts where each side knows its end exactly once and nothing contradicts it.
pub(super) fn pair_by_link(
    pairing: &mut Pairing,
    Sides { acs, provider }: Sides<'_>,
    [acs_ids, provider_ids]: [Ids; 2],
) {
    let raw = Untrusted::raw;
    let names = |a: u32| acs[a as usize].provider_device_id.as_ref().map(raw);
    let entry = |p: u32| provider[p as usize].device_id.as_ref().map(raw);
    let names_back = |p: u32| provider[p as usize].acs_id.as_ref().map(raw);
    let device = |a: u32| Some(acs[a as usize].id.raw());
    // Each direction has a thread.
    let ((there, [naming, _]), (back, [_, by_id])) = both(
        || links((acs_ids.named, names), (provider_ids.held, entry)),
        || links((provider_ids.named, names_back), (acs_ids.held, device)),
    );
    // The causes ask for these again.
    pairing.acs_by_id = by_id.map(OnceLock::from).unwrap_or_default();
    pairing.acs_naming = naming.map(OnceLock::from).unwrap_or_default();
    let mut of_acs = vec![Linked::Nobody; acs.len()];
    let mut of_provider = vec![Linked::Nobody; provider.len()];
    let (named, held) = (acs_ids.entries, provider_ids.entries);
    let names_it = |a: u32, p: u32| {
        let known = named[a as usize].is(held[p as usize]);
        known.unwrap_or_else(|| names(a) == entry(p))
    };
    for (a, p) in there.surely(names_it) {
        of_acs[a as usize].to(p);
        of_provider[p as usize].to(a);
    }
    // What the device says the entry need not say again: its word changes nothing then, and to look
    // at it costs as much as all else here.
    let back = back.but(|p, a| of_acs[a as usize] == Linked::Only(p));
    for (p, a) in back.surely(|p, a| names_back(p) == device(a)) {
        of_acs[a as usize].to(p);
        of_provider[p as usize].to(a);
    }
    for (linked, a) in of_acs.into_iter().zip(0..) {
        if let Linked::Only(p) = linked
            && of_provider[p as usize] == Linked::Only(a)
        {
            pairing.pair(a, p, Pass::Link);
        }
    }
}

/// Whom a record is linked to, by its own word or the other's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Linked {
    Nobody,
    Only(u32),
    Several,
}

impl Linked {
    fn to(&mut self, other: u32) {
        *self = match *self {
            Self::Nobody => Self::Only(other),
            Self::Only(known) if known == other => return,
            Self::Only(_) | Self::Several => Self::Several,
        };
    }
}

/// Who names whom, by place: the one who names first.
#[derive(Default)]
struct Links {
    surely: Vec<(u32, u32)>,
    /// Those whose ids have half a hash in common.
    maybe: Vec<(u32, u32)>,
}

impl Links {
    /// Without those that need not be looked at.
    fn but(mut self, needless: impl Fn(u32, u32) -> bool) -> Self {
        self.maybe.retain(|&(namer, holder)| !needless(namer, holder));
        self
    }

    /// Looks at each that may be one, half of them on each of two threads.
    fn surely(self, is_one: impl Fn(u32, u32) -> bool + Sync) -> Vec<(u32, u32)> {
        let Self { mut surely, mut maybe } = self;
        let mut late = maybe.split_off(maybe.len() / 2);
        let keep = |links: &mut Vec<_>| links.retain(|&(namer, holder)| is_one(namer, holder));
        both(|| keep(&mut late), || keep(&mut maybe));
        surely.append(&mut maybe);
        surely.append(&mut late);
        surely
    }
}

/// Only an id that is held exactly once names anybody. And the indexes that were made for it, of
/// names and of holders: none where nobody names anybody.
fn links<'a>(
    (names, named): (Gathered, impl Fn(u32) -> Option<&'a str>),
    (holders, held): (Gathered, impl Fn(u32) -> Option<&'a str>),
) -> (Links, [Option<Index>; 2]) {
    if names.is_empty() {
        return (Links::default(), [None, None]);
    }
    let (names, holders) = (names.index(), holders.index());
    let (mut maybe, mut surely) = (Vec::with_capacity(names.len()), Vec::new());
    for (namers, holders) in names.merged(&holders) {
        if let (Some(namer), Some(holder)) = (namers.only(), holders.only()) {
            maybe.push((namer, holder));
            continue;
        }
        for namer in namers.iter() {
            let mut same = holders.iter().filter(|&h| held(h) == named(namer));
            if let (Some(holder), None) = (same.next(), same.next()) {
                surely.push((namer, holder));
            }
        }
    }
    // Hashes come in no order: so one side at least is read from front to back.
    radsort::sort_by_key(&mut maybe, |(namer, _)| *namer);
    (Links { surely, maybe }, [Some(names), Some(holders)])
}

/// Records with one serial.
#[derive(Default)]
struct Holders {
    acs: SmallVec<[u32; 1]>,
    provider: SmallVec<[u32; 1]>,
}

/// Pass 2. One on each side is a pair, more are a group; OUIs part two vendors' serials
/// where every record has one.
pub(super) fn pair_by_serial(pairing: &mut Pairing, sides: Sides<'_>) {
    let (mut pairs, crowds) = met(pairing);
    let mut groups: Vec<Holders> = Vec::new();
    for holders in crowds {
        match (&holders.acs[..], &holders.provider[..]) {
            (&[a], &[p]) => pairs.push((a, p)),
            ([_], []) | ([], [_]) => {}
            _ => groups.push(holders),
        }
    }
    for (a, p) in pairs {
        pairing.pair(a, p, Pass::Serial);
    }
    // A canonical order, so that groups are numbered alike whatever the input order.
    groups.sort_by_cached_key(|g| {
        let (acs, provider) = (g.acs.first(), g.provider.first());
        let serial = acs.map(|&a| &pairing.acs_ids[a as usize]);
        let serial = serial.or(provider.map(|&p| &pairing.provider_ids[p as usize]));
        serial.and_then(|i| i.serial.clone())
    });
    for holders in groups {
        for part in parted_by_oui(pairing, holders) {
            match (&part.acs[..], &part.provider[..]) {
                (&[a], &[p]) => pairing.pair(a, p, Pass::Serial),
                ([_], []) | ([], [_]) => {}
                _ => pairing.group(part.acs.to_vec(), part.provider.to_vec(), sides),
            }
        }
    }
}

/// Pairs that are left with one serial, and the records of hashes that more than two have.
fn met(pairing: &Pairing) -> (Vec<(u32, u32)>, Vec<Holders>) {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut crowds = Vec::new();
    let are_left = |a: u32, p: u32| {
        pairing.acs[a as usize] == Bucket::Left && pairing.provider[p as usize] == Bucket::Left
    };
    for (acs, provider) in pairing.acs_serials.merged(&pairing.provider_serials) {
        match (acs.only(), provider.only()) {
            (Some(a), Some(p)) => pairs.extend(are_left(a, p).then_some((a, p))),
            _ if acs.len() + provider.len() > 1 => {
                crowds.extend(by_serial(pairing, acs, provider));
            }
            _ => {}
        }
    }
    // Hashes come in no order: so one side at least is read from front to back.
    radsort::sort_by_key(&mut pairs, |(a, _)| *a);
    pairs.retain(|&(a, p)| {
        let serial = &pairing.acs_ids[a as usize].serial;
        serial.is_some() && *serial == pairing.provider_ids[p as usize].serial
    });
    (pairs, crowds)
}

/// Parts records that are left by their serials. Those met here have half a hash in common:
/// nearly always that is one serial, and hardly ever more than two.
fn by_serial(pairing: &Pairing, acs: Places<'_>, provider: Places<'_>) -> SmallVec<[Holders; 1]> {
    let mut parts: SmallVec<[(&Serial, Holders); 1]> = SmallVec::new();
    for a in acs.iter().filter(|&a| pairing.acs[a as usize] == Bucket::Left) {
        if let Some(serial) = &pairing.acs_ids[a as usize].serial {
            part_of(&mut parts, serial).acs.push(a);
        }
    }
    for p in provider.iter().filter(|&p| pairing.provider[p as usize] == Bucket::Left) {
        if let Some(serial) = &pairing.provider_ids[p as usize].serial {
            part_of(&mut parts, serial).provider.push(p);
        }
    }
    parts.into_iter().map(|(_, holders)| holders).collect()
}

fn part_of<'p, 's>(
    parts: &'p mut SmallVec<[(&'s Serial, Holders); 1]>,
    serial: &'s Serial,
) -> &'p mut Holders {
    let known = parts.iter().position(|(known, _)| *known == serial);
    let at = known.unwrap_or_else(|| {
        parts.push((serial, Holders::default()));
        parts.len() - 1
    });
    &mut parts[at].1
}

fn parted_by_oui(pairing: &Pairing, holders: Holders) -> Vec<Holders> {
    let acs_oui = |a: &u32| pairing.acs_ids[*a as usize].oui();
    let provider_oui = |p: &u32| pairing.provider_ids[*p as usize].oui();
    let all_known = holders.acs.iter().map(acs_oui).all(|o| o.is_some())
        && holders.provider.iter().map(provider_oui).all(|o| o.is_some());
    if !all_known || holders.acs.is_empty() || holders.provider.is_empty() {
        return vec![holders];
    }
    let mut parts: Vec<(Option<&str>, Holders)> = Vec::new();
    let mut part_of = |oui| -> usize {
        parts.iter().position(|(o, _)| *o == oui).unwrap_or_else(|| {
            parts.push((oui, Holders::default()));
            parts.len() - 1
        })
    };
    let acs: Vec<(usize, u32)> = holders.acs.iter().map(|a| (part_of(acs_oui(a)), *a)).collect();
    let provider: Vec<(usize, u32)> =
        holders.provider.iter().map(|p| (part_of(provider_oui(p)), *p)).collect();
    for (part, a) in acs {
        parts[part].1.acs.push(a);
    }
    for (part, p) in provider {
        parts[part].1.provider.push(p);
    }
    parts.sort_by(|x, y| x.0.cmp(&y.0));
    parts.into_iter().map(|(_, holders)| holders).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, ProviderRecord};
    use crate::engine::rules::Rules;

    /// Each has a serial of its own: only a link pairs them.
    fn device((id, names): (&str, &str)) -> AcsDevice {
        AcsDevice {
            id: Untrusted::new(id),
            serial: Untrusted::present(&format!("ALCL0000A{id}")),
            provider_device_id: Untrusted::present(names),
            ..AcsDevice::default()
        }
    }

    fn entry((id, names): (&str, &str)) -> ProviderRecord {
        ProviderRecord {
            device_id: Untrusted::present(id),
            serial: Untrusted::present(&format!("HWTC0000B{id}")),
            acs_id: Untrusted::present(names),
            ..ProviderRecord::default()
        }
    }

    /// Of links that were looked for, and of a list in which nobody names anybody.
    #[test]
    fn who_has_an_id_and_who_names_an_entry_is_known_in_any_case() {
        for (devices, entries) in [
            ([("111", "222"), ("444", "")], [("222", "111"), ("333", "")]),
            ([("111", ""), ("444", "")], [("222", ""), ("333", "")]),
        ] {
            let acs = devices.map(device);
            let provider = entries.map(entry);
            let sides = Sides { acs: &acs, provider: &provider };
            let pairing = Pairing::of(sides, None, &Rules::default());
            for id in ["111", "222", "333", "444"] {
                let (has, names) = devices.iter().copied().unzip::<_, _, Vec<_>, Vec<_>>();
                let wanted = Untrusted::new(id);
                assert_eq!(pairing.is_id_of_acs(&acs, &wanted), has.contains(&id), "{id}");
                assert_eq!(pairing.is_named_by_acs(&acs, &wanted), names.contains(&id), "{id}");
            }
        }
    }

    #[test]
    fn a_link_pairs_whom_each_side_ties_to_nobody_else() {
        for (devices, entries, paired) in [
            (vec![("111", "222")], vec![("222", "111")], vec![Some(0)]),
            (vec![("111", "a-long-id")], vec![("a-long-id", "111")], vec![Some(0)]),
            (vec![("111", "a-long-id")], vec![("222", "333")], vec![None]),
            (vec![("111", "222")], vec![("222", "")], vec![Some(0)]),
            (vec![("111", "")], vec![("222", "111")], vec![Some(0)]),
            (vec![("111", "222")], vec![("222", "999")], vec![Some(0)]),
            (vec![("111", "222")], vec![("222", "111"), ("333", "111")], vec![None]),
            (vec![("111", "222"), ("444", "222")], vec![("222", "111")], vec![None, None]),
            (vec![("111", "222"), ("444", "")], vec![("222", "444")], vec![None, None]),
            (
                vec![("111", "222"), ("444", "333")],
                vec![("222", "111"), ("333", "")],
                vec![Some(0), Some(1)],
            ),
            (vec![("111", "222")], vec![("222", ""), ("222", "")], vec![None]),
        ] {
            let acs: Vec<_> = devices.iter().copied().map(device).collect();
            let provider: Vec<_> = entries.iter().copied().map(entry).collect();
            let sides = Sides { acs: &acs, provider: &provider };
            let pairing = Pairing::of(sides, None, &Rules::default());
            let found = pairing.acs.iter().map(|bucket| match bucket.partner() {
                Some((p, Pass::Link)) => Some(p),
                _ => None,
            });
            assert_eq!(found.collect::<Vec<_>>(), paired, "{devices:?} {entries:?}");
        }
    }
}
