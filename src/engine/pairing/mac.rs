//! Pass 3: MACs fill holes, and bind records without a plausible serial into groups.
//!
//! Must not do: pair two records whose plausible serials differ, or bind two devices
//! that each have a serial of their own because of a MAC they share.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Bucket, Pairing, Pass, Sides, strong::to_u32};
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

    fn acs(a: u32) -> Node {
        a
    }

    fn provider(&self, p: u32) -> Node {
        self.acs_len + p
    }

    fn is_acs(&self, node: Node) -> bool {
        node < self.acs_len
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
}

/// Pass 3.
pub(super) fn pair_by_mac(pairing: &mut Pairing, sides: Sides<'_>) {
    let mut forest = Forest {
        parent: (0..to_u32(sides.acs.len() + sides.provider.len())).collect(),
        acs_len: to_u32(sides.acs.len()),
    };
    let by_mac = holders(pairing, &forest);
    // Records without a serial that share a MAC are one identity.
    for held in by_mac.values() {
        for pair in held.bare.windows(2) {
            forest.join(pair[0], pair[1]);
        }
    }
    attach(&mut forest, &by_mac, |held| &held.serial, false);
    attach(&mut forest, &by_mac, |held| &held.paired, true);
    join_partners(pairing, &mut forest, &by_mac);
    settle(pairing, sides, &mut forest, &by_mac);
}

fn holders(pairing: &Pairing, forest: &Forest) -> HashMap<MacAddr, Holders> {
    let mut by_mac: HashMap<MacAddr, Holders> = HashMap::new();
    let sides =
        [(&pairing.acs_ids, &pairing.acs, true), (&pairing.provider_ids, &pairing.provider, false)];
    // Only MACs that a record without a plausible serial holds can pair anything.
    for (ids, buckets, is_acs) in sides {
        for (index, identity) in ids.iter().enumerate() {
            let bare = identity.serial.is_none() || identity.serial_as_mac.is_some();
            if bare && buckets[index] == Bucket::Left {
                let node = if is_acs {
                    Forest::acs(to_u32(index))
                } else {
                    forest.provider(to_u32(index))
                };
                for mac in identity.all_macs() {
                    by_mac.entry(mac).or_default().bare.push(node);
                }
            }
        }
    }
    for (ids, buckets, is_acs) in sides {
        for (index, identity) in ids.iter().enumerate() {
            if identity.serial.is_none() || identity.serial_as_mac.is_some() {
                continue;
            }
            let node =
                if is_acs { Forest::acs(to_u32(index)) } else { forest.provider(to_u32(index)) };
            for &mac in &identity.macs {
                let Some(held) = by_mac.get_mut(&mac) else { continue };
                if buckets[index] == Bucket::Left {
                    held.serial.push(node);
                } else if buckets[index].partner().is_some_and(|(_, pass)| pass == Pass::Serial) {
                    held.paired.push(node);
                }
            }
        }
    }
    by_mac
}

/// Joins a record that has a serial to a set without any, where it is the only one that
/// claims that set: two claimants are two devices, and then the MAC decides nothing.
///
/// A record that is paired already is crossed with the set (the serial says one record, the
/// MAC another) only if the set is all of the other side; else the set can do without it.
fn attach(
    forest: &mut Forest,
    by_mac: &HashMap<MacAddr, Holders>,
    pick: impl Fn(&Holders) -> &SmallVec<[Node; 2]>,
    crossed: bool,
) {
    let mut members: HashMap<Node, (bool, bool)> = HashMap::new();
    let mut claims: HashMap<Node, Vec<Node>> = HashMap::new();
    for held in by_mac.values() {
        for &node in &held.bare {
            let root = forest.root(node);
            let sides = members.entry(root).or_default();
            if forest.is_acs(node) { sides.0 = true } else { sides.1 = true }
        }
    }
    for held in by_mac.values() {
        for &claimant in pick(held) {
            for &bare in &held.bare {
                if forest.is_acs(bare) != forest.is_acs(claimant) || !crossed {
                    let root = forest.root(bare);
                    if root != forest.root(claimant) {
                        claims.entry(root).or_default().push(claimant);
                    }
                }
            }
        }
    }
    let mut joins: Vec<(Node, Node)> = Vec::new();
    for (root, mut claimants) in claims {
        claimants.sort_unstable();
        claimants.dedup();
        let both_sides = members.get(&root) == Some(&(true, true));
        let other_side = claimants.iter().any(|&c| {
            let (acs, provider) = members.get(&root).copied().unwrap_or_default();
            if forest.is_acs(c) { provider } else { acs }
        });
        if let [claimant] = claimants[..]
            && other_side
            && !(crossed && both_sides)
        {
            joins.push((root, claimant));
        }
    }
    joins.sort_unstable();
    for (root, claimant) in joins {
        forest.join(root, claimant);
    }
}

/// Both halves of a crossed pair are of one group, even where each is crossed with a set of
/// its own: else the pair would stand in two groups.
fn join_partners(pairing: &Pairing, forest: &mut Forest, by_mac: &HashMap<MacAddr, Holders>) {
    for held in by_mac.values() {
        for &node in &held.paired {
            let partner = if forest.is_acs(node) {
                pairing.acs[node as usize].partner().map(|(p, _)| forest.provider(p))
            } else {
                let row = (node - forest.acs_len) as usize;
                pairing.provider[row].partner().map(|(a, _)| Forest::acs(a))
            };
            let root = forest.root(node);
            let crossed = held.bare.iter().any(|&bare| forest.root(bare) == root);
            if let (Some(partner), true) = (partner, crossed) {
                forest.join(node, partner);
            }
        }
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
