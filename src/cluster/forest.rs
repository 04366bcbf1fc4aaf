//! The evidence forest: which addresses are joined, in which order they came to be, and by what.
//!
//! Joining two clusters hangs the smaller tree under the root of the larger one (the one with the smaller root number where they are
//! equally large) and writes down a link: the two addresses that the evidence is about, the transaction and the rule. Links are numbered
//! in chain order and no path is ever shortened, so the numbers grow on the way up from any address. Hence one structure tells the
//! clusters as of any earlier height (climb only links made until then), and why two addresses are together.

use crate::ids::{AddrNum, NONE_32, TxNum};
use crate::sets::prefetch;

/// Evidence that two addresses belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JoinEdge {
    pub transaction: TxNum,
    pub left: AddrNum,
    pub right: AddrNum,
    /// The rule's place in the settings' list of rules.
    pub rule: u8,
}

/// An address's place in the forest.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The node that it hangs under; of a root, how many addresses its tree has.
    parent: u32,
    /// The link by which it hangs there; none for a root.
    link: u32,
}

/// Trees of addresses; each link is an edge that joined two of them.
#[derive(Clone, Default)]
pub struct Forest {
    nodes: Vec<Node>,
    links: Vec<JoinEdge>,
}

impl Forest {
    /// Every address by itself.
    pub fn new(addresses: usize) -> Forest {
        let mut forest = Forest::default();
        forest.grow(addresses);
        forest
    }

    /// Adds addresses, each by itself.
    pub fn grow(&mut self, addresses: usize) {
        self.nodes.resize(addresses.max(self.nodes.len()), Node { parent: 1, link: NONE_32 });
    }

    /// How many addresses it has.
    pub fn addresses(&self) -> usize {
        self.nodes.len()
    }

    /// The edges that joined two trees, in chain order.
    pub fn links(&self) -> &[JoinEdge] {
        &self.links
    }

    /// The root of an address's tree.
    #[inline]
    pub fn root(&self, address: AddrNum) -> AddrNum {
        let mut at = address.0;
        loop {
            let node = self.nodes[at as usize];
            if node.link == NONE_32 {
                return AddrNum(at);
            }
            at = node.parent;
        }
    }

    /// The root of an address's tree when only the first `links` had been made.
    #[inline]
    pub fn root_before(&self, address: AddrNum, links: u32) -> AddrNum {
        let mut at = address.0;
        loop {
            let node = self.nodes[at as usize];
            if node.link >= links {
                return AddrNum(at);
            }
            at = node.parent;
        }
    }

    /// The node that an address hangs under; none for a root.
    #[inline]
    pub fn parent(&self, address: AddrNum) -> Option<AddrNum> {
        let node = self.nodes[address.0 as usize];
        (node.link != NONE_32).then_some(AddrNum(node.parent))
    }

    /// The node that an address hung under when only the first `links` had been made.
    #[inline]
    pub fn parent_before(&self, address: AddrNum, links: u32) -> Option<AddrNum> {
        let node = self.nodes[address.0 as usize];
        (node.link < links).then_some(AddrNum(node.parent))
    }

    /// How many addresses the tree of a root has.
    #[inline]
    pub fn size_of_root(&self, root: AddrNum) -> u32 {
        self.nodes[root.0 as usize].parent
    }

    /// Joins the trees of two roots by an edge.
    #[inline]
    pub fn join(&mut self, left: AddrNum, right: AddrNum, edge: JoinEdge) {
        let sizes = (self.size_of_root(left), self.size_of_root(right));
        let left_is_above = sizes.0 > sizes.1 || (sizes.0 == sizes.1 && left < right);
        let (above, below) = if left_is_above { (left, right) } else { (right, left) };
        self.hang(below, above, edge);
    }

    /// Hangs a root under another.
    fn hang(&mut self, below: AddrNum, above: AddrNum, edge: JoinEdge) {
        self.nodes[above.0 as usize].parent = self.size_of_root(above) + self.size_of_root(below);
        self.nodes[below.0 as usize] = Node { parent: above.0, link: self.links.len() as u32 };
        self.links.push(edge);
    }

    /// Joins the trees of an edge's two addresses if they are two.
    #[inline]
    pub fn add(&mut self, edge: JoinEdge) {
        let (left, right) = (self.root(edge.left), self.root(edge.right));
        if left != right {
            self.join(left, right, edge);
        }
    }

    /// Adds edges in their order. Their nodes are asked for some edges before they are needed.
    pub fn add_all(&mut self, edges: &[JoinEdge]) {
        const AHEAD: usize = 12;
        for (i, edge) in edges.iter().enumerate() {
            if let Some(later) = edges.get(i + AHEAD) {
                self.prefetch(later.left);
                self.prefetch(later.right);
            }
            self.add(*edge);
        }
    }

    #[inline]
    fn prefetch(&self, address: AddrNum) {
        prefetch(&self.nodes[address.0 as usize]);
    }

    /// The address below and the one above of a link.
    pub fn ends_of(&self, link: u32) -> (AddrNum, AddrNum) {
        let edge = self.links[link as usize];
        let left = self.root_before(edge.left, link);
        let below = if self.nodes[left.0 as usize].link == link { left } else { self.root_before(edge.right, link) };
        (below, AddrNum(self.nodes[below.0 as usize].parent))
    }

    /// Adds a link that is known, as it was kept: `below` and `above` are its ends. False where no such link can be.
    pub fn add_known(&mut self, below: AddrNum, above: AddrNum, edge: JoinEdge) -> bool {
        let highest = self.nodes.len() as u32;
        let known = [below, above, edge.left, edge.right].iter().all(|address| address.0 < highest);
        let fits = known && below != above && self.parent(below).is_none() && self.parent(above).is_none();
        if fits {
            self.hang(below, above, edge);
        }
        fits
    }

    /// The last link of those that join two addresses: the one without which they would be in two trees. None where they are the same
    /// address, or not joined.
    pub fn last_link(&self, a: AddrNum, b: AddrNum) -> Option<u32> {
        if a == b || self.root(a) != self.root(b) {
            return None;
        }
        // Links grow on the way up, so the lower of the two next links is always climbed first, until both stand at one node.
        let (mut a, mut b, mut last) = (a.0, b.0, None);
        while a != b {
            let at = if self.nodes[a as usize].link < self.nodes[b as usize].link { &mut a } else { &mut b };
            let node = self.nodes[*at as usize];
            last = Some(node.link);
            *at = node.parent;
        }
        last
    }
}
