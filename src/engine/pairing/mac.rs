//! Pass 3: MACs fill holes, and bind records without a plausible serial into groups.
//!
//! Must not do: pair two records whose plausible serials differ, or bind two devices
//! that each have a serial of their own because of a MAC they share.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Bucket, Identity, Pairing, Pass, Sides};
use crate::domain::MacAddr;

/// A record of either side.
type Node = u32;

/// The records as one list of nodes (ACS first), joined where they are one identity.
struct Forest {
    parent: Vec<Node>,
    acs_len: u32,
}

impl Forest {
    fn root(&mut self, mut node: Node) -> Node {
        while self.parent[node as usize] != node {
            let up = self.parent[self.parent[node as usize] as usize];
            self.parent[node as usize] = up;
            node = up;
        }
        node
    }

    fn join(&mut self, x: Node, y: Node) {
        let (x, y) = (self.root(x), self.root(y));
        // The smaller index wins, so that the outcome doesn't depend on the order of joins.
        let (low, high) = (x.min(y), x.max(y));
        self.parent[high as usize] = low;
    }

    fn provider(&self, p: u32) -> Node {
        self.acs_len + p
    }

    fn is_acs(&self, node: Node) -> bool {
        node < self.acs_len
    }

    fn bucket<'p>(&self, node: Node, pairing: &'p Pairing) -> &'p Bucket {
        if self.is_acs(node) {
            &pairing.acs[node as usize]
        } else {
            &pairing.provider[(node - self.acs_len) as usize]
        }
    }

    /// The record that a paired node is paired with; itself where it is not paired.
    fn partner(&self, node: Node, pairing: &Pairing) -> Node {
        let partner = self.bucket(node, pairing).partner();
        let there = |other| if self.is_acs(node) { self.provider(other) } else { other };
        partner.map_or(node, |(other, _)| there(other))
    }
}

/// Who holds one MAC.
#[derive(Default)]
struct Holders {
    /// Left, without a plausible serial.
    bare: SmallVec<[Node; 2]>,
    /// Left, with a plausible serial of its own.
    serial: SmallVec<[Node; 2]>,
    /// Paired by serial already.
    paired: SmallVec<[Node; 2]>,
    /// In a group by serial already.
    grouped: SmallVec<[u32; 2]>,
}

/// Pass 3.
pub(super) fn pair_by_mac(pairing: &mut Pairing, sides: Sides<'_>) {
    let acs_len = to_u32(sides.acs.len());
    let by_mac = holders(pairing, acs_len);
    if by_mac.is_empty() {
        return;
    }
    let parent = (0..to_u32(sides.acs.len() + sides.provider.len())).collect();
    let mut forest = Forest { parent, acs_len };
    // Records without a serial that share a MAC are one identity.
    for held in by_mac.values() {
        for pair in held.bare.windows(2) {
            forest.join(pair[0], pair[1]);
        }
    }
    attach_left(&mut forest, &by_mac);
    attach_crossed(&mut forest, &by_mac, pairing);
    settle(pairing, sides, &mut forest, &by_mac);
    join_groups(pairing, sides, &forest, &by_mac);
}

fn holders(pairing: &Pairing, acs_len: u32) -> HashMap<MacAddr, Holders> {
    let mut by_mac: HashMap<MacAddr, Holders> = HashMap::new();
    // Of each side the node of its first record, too.
    let sides =
        [(&pairing.acs_ids, &pairing.acs, 0), (&pairing.provider_ids, &pairing.provider, acs_len)];
    let is_bare =
        |identity: &Identity| identity.serial.is_none() || identity.serial_as_mac().is_some();
    // Only MACs that a record without a plausible serial holds can pair anything. Where a record
    // ended up is asked first: what identifies it lies apart.
    for (ids, buckets, first) in sides {
        let left = buckets.iter().enumerate().filter(|(_, bucket)| **bucket == Bucket::Left);
        for (index, _) in left.filter(|(index, _)| is_bare(&ids[*index])) {
            let node = first + to_u32(index);
            for mac in ids[index].all_macs() {
                by_mac.entry(mac).or_default().bare.push(node);
            }
        }
    }
    if by_mac.is_empty() {
        return by_mac;
    }
    for (ids, buckets, first) in sides {
        for (index, bucket) in buckets.iter().enumerate() {
            if is_out(*bucket) || is_bare(&ids[index]) {
                continue;
            }
            let node = first + to_u32(index);
            for &mac in &ids[index].macs {
                let Some(held) = by_mac.get_mut(&mac) else { continue };
                match *bucket {
                    Bucket::Left => held.serial.push(node),
                    Bucket::Paired(..) => held.paired.push(node),
                    Bucket::Group(group) => held.grouped.push(group),
                    Bucket::NoDevice => {}
                }
            }
        }
    }
    by_mac
}

/// What no MAC changes: a pair by anything but a serial, and what is no device.
fn is_out(bucket: Bucket) -> bool {
    match bucket {
        Bucket::Left | Bucket::Paired(_, Pass::Serial) | Bucket::Group(_) => false,
        Bucket::Paired(_, Pass::Link | Pass::Mac | Pass::Login) | Bucket::NoDevice => true,
    }
}

/// Joins a record that has a serial to a set without any, where it is the only one that
/// claims that set: two claimants are two devices, and then the MAC decides nothing.
fn attach_left(forest: &mut Forest, by_mac: &HashMap<MacAddr, Holders>) {
    let members = members(forest, by_mac);
    let mut joins = only_claims(forest, by_mac, |held| &held.serial);
    joins.retain(|&(root, claimant)| members[&root].has_other_than(forest.is_acs(claimant)));
    for (root, claimant) in joins {
        forest.join(root, claimant);
    }
}

/// Joins a record that is paired already: the serial says one record, the MAC another. Only
/// where the set is all of the other side; else the set can do without it. Its partner
/// comes along, so that crossed links of both end up in one group.
fn attach_crossed(forest: &mut Forest, by_mac: &HashMap<MacAddr, Holders>, pairing: &Pairing) {
    let members = members(forest, by_mac);
    let mut joins = only_claims(forest, by_mac, |held| &held.paired);
    joins.retain(|&(root, claimant)| {
        let is_acs = forest.is_acs(claimant);
        members[&root].has_other_than(is_acs) && !members[&root].has_other_than(!is_acs)
    });
    for (root, claimant) in joins {
        forest.join(root, claimant);
        forest.join(claimant, forest.partner(claimant, pairing));
    }
}

/// On which sides a set has members.
#[derive(Clone, Copy, Default)]
struct Members {
    acs: bool,
    provider: bool,
}

impl Members {
    fn has_other_than(self, acs: bool) -> bool {
        if acs { self.provider } else { self.acs }
    }
}

fn members(forest: &mut Forest, by_mac: &HashMap<MacAddr, Holders>) -> HashMap<Node, Members> {
    let mut members: HashMap<Node, Members> = HashMap::new();
    for held in by_mac.values() {
        for &node in held.bare.iter().chain(&held.serial) {
            let sides = members.entry(forest.root(node)).or_default();
            if forest.is_acs(node) { sides.acs = true } else { sides.provider = true }
        }
    }
    members
}

/// Sets of records without a serial that exactly one record of `pick` shares a MAC with.
fn only_claims(
    forest: &mut Forest,
    by_mac: &HashMap<MacAddr, Holders>,
    pick: impl Fn(&Holders) -> &SmallVec<[Node; 2]>,
) -> Vec<(Node, Node)> {
    let mut claims: HashMap<Node, Vec<Node>> = HashMap::new();
    for held in by_mac.values() {
        for &claimant in pick(held) {
            for &bare in &held.bare {
                claims.entry(forest.root(bare)).or_default().push(claimant);
            }
        }
    }
    let mut only: Vec<(Node, Node)> = Vec::new();
    for (root, mut claimants) in claims {
        claimants.sort_unstable();
        claimants.dedup();
        if let [claimant] = claimants[..] {
            only.push((root, claimant));
        }
    }
    only.sort_unstable();
    only
}

/// A record without a serial that is still left, and whose MAC only records of one group
/// carry, is one more of that group: the serial says the others, the MAC says it too.
fn join_groups(
    pairing: &mut Pairing,
    sides: Sides<'_>,
    forest: &Forest,
    by_mac: &HashMap<MacAddr, Holders>,
) {
    let mut joins: Vec<(Node, u32)> = Vec::new();
    let mut groups: HashMap<Node, SmallVec<[u32; 2]>> = HashMap::new();
    for held in by_mac.values() {
        for &node in &held.bare {
            groups.entry(node).or_default().extend(held.grouped.iter().copied());
        }
    }
    for (node, mut of) in groups {
        of.sort_unstable();
        of.dedup();
        if let [group] = of[..]
            && *forest.bucket(node, pairing) == Bucket::Left
        {
            joins.push((node, group));
        }
    }
    joins.sort_unstable();
    for (node, group) in joins {
        let members = &mut pairing.groups[group as usize];
        if forest.is_acs(node) {
            members.acs.push(node);
            pairing.acs[node as usize] = Bucket::Group(group);
        } else {
            members.provider.push(node - forest.acs_len);
            pairing.provider[(node - forest.acs_len) as usize] = Bucket::Group(group);
        }
        pairing.groups[group as usize].sort(sides);
    }
}

/// Turns the joined sets into pairs and groups.
fn settle(
    pairing: &mut Pairing,
    sides: Sides<'_>,
    forest: &mut Forest,
    by_mac: &HashMap<MacAddr, Holders>,
) {
    let mut sets: HashMap<Node, Vec<Node>> = HashMap::new();
    for held in by_mac.values() {
        for &node in held.bare.iter().chain(&held.serial).chain(&held.paired) {
            sets.entry(forest.root(node)).or_default().push(node);
        }
    }
    let mut sets: Vec<Vec<Node>> = sets.into_values().collect();
    for set in &mut sets {
        set.sort_unstable();
        set.dedup();
    }
    sets.retain(|set| set.len() > 1);
    sets.sort_unstable();
    for set in sets {
        let (acs, provider): (Vec<Node>, Vec<Node>) = set.iter().partition(|&&n| forest.is_acs(n));
        let provider: Vec<u32> = provider.into_iter().map(|n| n - forest.acs_len).collect();
        if let ([a], [p]) = (&acs[..], &provider[..])
            && pairing.acs[*a as usize] == Bucket::Left
            && pairing.provider[*p as usize] == Bucket::Left
        {
            let (mine, theirs) =
                (&pairing.acs_ids[*a as usize], &pairing.provider_ids[*p as usize]);
            if !mine.serials_differ(theirs) {
                pairing.pair(*a, *p, Pass::Mac);
            }
            continue;
        }
        let (acs, provider) = with_partners(pairing, acs, provider);
        pairing.group(acs, provider, sides);
    }
}

/// A crossed record brings its partner into the group.
fn with_partners(
    pairing: &Pairing,
    mut acs: Vec<u32>,
    mut provider: Vec<u32>,
) -> (Vec<u32>, Vec<u32>) {
    let partner = |bucket: Bucket| bucket.partner().map(|(other, _)| other);
    let of_acs: Vec<u32> = acs.iter().filter_map(|&a| partner(pairing.acs[a as usize])).collect();
    let of_provider: Vec<u32> =
        provider.iter().filter_map(|&p| partner(pairing.provider[p as usize])).collect();
    acs.extend(of_provider);
    provider.extend(of_acs);
    for list in [&mut acs, &mut provider] {
        list.sort_unstable();
        list.dedup();
    }
    (acs, provider)
}

fn to_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
