//! The tree of headers: work, heights, and the branch with the most of it.

use std::collections::{HashMap, HashSet};

use crate::blocks::files::Location;
use crate::blocks::hash::Hash;

/// Work done for a block or a chain: the expected number of hashes, as 256 bits with the most significant word first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Work([u64; 4]);

impl Work {
    /// The work of one header, from its bits field; `None` when that states no target (negative, zero or too large).
    pub fn of_header(header: &[u8; 80]) -> Option<HeaderWork> {
        let bits = u32::from_le_bytes(header[72..76].try_into().expect("four bytes"));
        let target = bitcoin::pow::Target::from_compact(bitcoin::pow::CompactTarget::from_consensus(bits));
        let (size, mantissa) = (bits >> 24, bits & 0x00ff_ffff);
        let overflows = size > 34 || (mantissa > 0xff && size > 33) || (mantissa > 0xffff && size > 32);
        if target == bitcoin::pow::Target::ZERO || bits & 0x0080_0000 != 0 || overflows {
            return None;
        }
        Some(HeaderWork { target: target.to_le_bytes(), work: Work::from_be_bytes(target.to_work().to_be_bytes()) })
    }

    pub fn from_be_bytes(bytes: [u8; 32]) -> Work {
        Work(std::array::from_fn(|i| u64::from_be_bytes(bytes[8 * i..8 * i + 8].try_into().expect("eight bytes"))))
    }

    pub fn to_be_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (word, chunk) in self.0.iter().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// The sum; work beyond 256 bits cannot be done by anybody and stays at the largest number.
    pub fn plus(self, other: Work) -> Work {
        let (mut sum, mut carry) = ([0; 4], false);
        for i in (0..4).rev() {
            let (a, overflow_a) = self.0[i].overflowing_add(other.0[i]);
            let (b, overflow_b) = a.overflowing_add(carry as u64);
            (sum[i], carry) = (b, overflow_a || overflow_b);
        }
        if carry { Work([u64::MAX; 4]) } else { Work(sum) }
    }
}

/// What a header's bits field demands, and what meeting it counts for.
pub struct HeaderWork {
    target: [u8; 32],
    pub work: Work,
}

impl HeaderWork {
    /// Whether a block hash is at or below the target.
    pub fn covers(&self, hash: &Hash) -> bool {
        hash.iter().rev().le(self.target.iter().rev())
    }
}

/// The parent's hash in a header.
pub fn parent_of(header: &[u8; 80]) -> Hash {
    header[4..36].try_into().expect("32 bytes")
}

/// The time in a header, in seconds UTC. It may be earlier than the parent's.
pub fn time_of(header: &[u8; 80]) -> u32 {
    u32::from_le_bytes(header[68..72].try_into().expect("four bytes"))
}

/// The median of up to eleven header times, of which the last is the block's own: what dates are compared with.
pub fn median_time(last_times: &[u32]) -> u32 {
    let mut times = last_times[last_times.len().saturating_sub(11)..].to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

/// Copies of a block that are kept in mind: one of so many will be whole.
const MOST_PLACES: usize = 16;

/// A header that was found in the files, with the places where its block stands.
#[derive(Clone, Debug)]
pub struct HeaderNode {
    pub hash: Hash,
    pub header: [u8; 80],
    pub places: Vec<Location>,
    /// Height and chain work, once its parents are known.
    pub connected: Option<(u32, Work)>,
}

/// Where a branch may begin: a block of the store.
#[derive(Clone, Copy)]
pub struct Root {
    pub height: u32,
    pub work: Work,
}

/// The headers found, joined to each other and to what the store holds.
#[derive(Default)]
pub struct HeaderTree {
    nodes: Vec<HeaderNode>,
    by_hash: HashMap<Hash, usize>,
    children: HashMap<Hash, Vec<usize>>,
    invalid: HashSet<Hash>,
}

impl HeaderTree {
    /// Adds a header, or a further place of one that is known.
    pub fn add_at(&mut self, hash: Hash, header: [u8; 80], at: Location) {
        if let Some(&index) = self.by_hash.get(&hash) {
            let places = &mut self.nodes[index].places;
            if places.len() < MOST_PLACES && !places.contains(&at) {
                places.push(at);
            }
            return;
        }
        let index = self.nodes.len();
        self.by_hash.insert(hash, index);
        self.children.entry(parent_of(&header)).or_default().push(index);
        self.nodes.push(HeaderNode { hash, header, places: vec![at], connected: None });
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn nodes(&self) -> &[HeaderNode] {
        &self.nodes
    }

    pub fn get(&self, hash: &Hash) -> Option<&HeaderNode> {
        self.by_hash.get(hash).map(|i| &self.nodes[*i])
    }

    /// The parents that are not in the tree.
    pub fn parents_elsewhere(&self) -> HashSet<Hash> {
        self.children.keys().filter(|parent| !self.by_hash.contains_key(*parent)).copied().collect()
    }

    /// Gives every node that descends from a root its height and chain work, and takes them from all others. `root` is asked for
    /// parents that are not in the tree.
    pub fn connect(&mut self, root: impl Fn(&Hash) -> Option<Root>) {
        self.nodes.iter_mut().for_each(|node| node.connected = None);
        for parent in self.parents_elsewhere() {
            let (mut height, mut work) = (0, Work::default());
            if parent != [0; 32] {
                match root(&parent) {
                    Some(found) => (height, work) = (found.height + 1, found.work),
                    None => continue,
                }
            }
            let mut open: Vec<(usize, u32, Work)> = self.children[&parent].iter().map(|i| (*i, height, work)).collect();
            while let Some((index, height, before)) = open.pop() {
                let node = &mut self.nodes[index];
                let Some(own) = Work::of_header(&node.header) else { continue };
                let work = before.plus(own.work);
                node.connected = Some((height, work));
                let hash = node.hash;
                open.extend(self.children.get(&hash).into_iter().flatten().map(|i| (*i, height + 1, work)));
            }
        }
    }

    /// Leaves a block and all that follows it out of the choice.
    pub fn reject(&mut self, hash: Hash) {
        let mut open = vec![hash];
        while let Some(hash) = open.pop() {
            if self.invalid.insert(hash) {
                open.extend(self.children.get(&hash).into_iter().flatten().map(|i| self.nodes[*i].hash));
            }
        }
    }

    /// The connected node with the most work; among equals the smaller hash, so that the order of the files does not matter.
    pub fn best(&self) -> Option<&HeaderNode> {
        let valid = self.nodes.iter().filter(|n| n.connected.is_some() && !self.invalid.contains(&n.hash));
        valid.max_by(|a, b| {
            let work = |n: &HeaderNode| n.connected.map(|(_, work)| work);
            work(a).cmp(&work(b)).then_with(|| b.hash.iter().rev().cmp(a.hash.iter().rev()))
        })
    }

    /// The nodes from the first in the tree down to `tip`, in chain order.
    pub fn branch(&self, tip: &Hash) -> Vec<&HeaderNode> {
        let mut branch = Vec::new();
        let mut next = self.get(tip);
        while let Some(node) = next {
            branch.push(node);
            next = self.get(&parent_of(&node.header));
        }
        branch.reverse();
        branch
    }

    /// Nodes whose parent is nowhere: the far side of a gap. The one with the most descendants comes first.
    pub fn behind_gaps(&self) -> Vec<&HeaderNode> {
        let mut found: Vec<(usize, &HeaderNode)> = Vec::new();
        for node in self.nodes.iter().filter(|n| n.connected.is_none()) {
            if self.get(&parent_of(&node.header)).is_none() {
                found.push((self.descendants(node), node));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.hash.cmp(&b.1.hash)));
        found.into_iter().map(|(_, node)| node).collect()
    }

    fn descendants(&self, node: &HeaderNode) -> usize {
        let (mut count, mut open) = (0, vec![node.hash]);
        while let Some(hash) = open.pop() {
            let children = self.children.get(&hash).map_or(&[][..], |c| c);
            count += children.len();
            open.extend(children.iter().map(|i| self.nodes[*i].hash));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(parent: Hash, nonce: u32, bits: u32) -> ([u8; 80], Hash) {
        let mut header = [0; 80];
        header[4..36].copy_from_slice(&parent);
        header[72..76].copy_from_slice(&bits.to_le_bytes());
        header[76..80].copy_from_slice(&nonce.to_le_bytes());
        (header, crate::blocks::hash::double_sha256(&[&header]))
    }

    const ANYWHERE: Location = Location { file: 0, offset: 0, length: 0 };

    #[test]
    fn work_wins_over_length() {
        let mut tree = HeaderTree::default();
        let (genesis, root) = header([0; 32], 0, 0x207f_ffff);
        tree.add_at(root, genesis, ANYWHERE);
        let (hard, hard_hash) = header(root, 1, 0x1f7f_ffff);
        tree.add_at(hard_hash, hard, ANYWHERE);
        let mut parent = root;
        for nonce in 2..10 {
            let (easy, hash) = header(parent, nonce, 0x207f_ffff);
            tree.add_at(hash, easy, ANYWHERE);
            parent = hash;
        }
        tree.connect(|_| None);
        assert_eq!(tree.best().unwrap().hash, hard_hash);
        tree.reject(hard_hash);
        assert_eq!(tree.best().unwrap().hash, parent);
    }

    #[test]
    fn equal_work_is_decided_by_hash_and_not_by_order() {
        let (genesis, root) = header([0; 32], 0, 0x207f_ffff);
        let branches: Vec<_> = (1..6).map(|nonce| header(root, nonce, 0x207f_ffff)).collect();
        let tip = |order: &mut dyn Iterator<Item = usize>| {
            let mut tree = HeaderTree::default();
            tree.add_at(root, genesis, ANYWHERE);
            order.for_each(|i| tree.add_at(branches[i].1, branches[i].0, ANYWHERE));
            tree.connect(|_| None);
            tree.best().unwrap().hash
        };
        assert_eq!(tip(&mut (0..5)), tip(&mut (0..5).rev()));
    }

    #[test]
    fn a_target_that_overflows_is_none() {
        for bits in [0x0000_0000, 0x2100_ffff_u32 + 0x00ff_0000, 0x0480_0001, 0xff7f_ffff] {
            assert!(Work::of_header(&header([0; 32], 0, bits).0).is_none(), "{bits:08x}");
        }
        assert!(Work::of_header(&header([0; 32], 0, 0x1d00_ffff).0).is_some());
    }

    #[test]
    fn the_median_of_an_even_number_of_times_is_the_upper_one_as_in_core() {
        assert_eq!(median_time(&[5]), 5);
        assert_eq!(median_time(&[5, 9]), 9);
        assert_eq!(median_time(&[3, 1, 2]), 2);
        assert_eq!(median_time(&(0..20).collect::<Vec<_>>()), 14);
    }
}
