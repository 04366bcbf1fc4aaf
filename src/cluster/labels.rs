//! Which cluster each address belongs to, by the cluster's name, its smallest address number; and the members of each cluster.

use crate::cluster::forest::Forest;
use crate::ids::{AddrNum, NONE_32};

/// The name of each of the first `addresses` addresses' cluster, by the first `links` of the forest.
pub(super) fn labels(forest: &Forest, addresses: usize, links: u32) -> Vec<u32> {
    let mut labels = vec![NONE_32; addresses];
    for number in 0..addresses as u32 {
        let address = AddrNum(number);
        // A smaller number above has its label already; else the climb goes to the root, which keeps the name until its turn comes.
        let mut at = address;
        let label = loop {
            match forest.parent_before(at, links) {
                Some(above) if above < address => break labels[above.0 as usize],
                Some(above) => at = above,
                None => {
                    let kept = labels[at.0 as usize];
                    let name = if kept == NONE_32 { number } else { kept };
                    labels[at.0 as usize] = name;
                    break name;
                }
            }
        };
        labels[number as usize] = label;
    }
    labels
}

/// The addresses of each cluster, ascending.
pub(super) struct Members {
    /// Where the members of the cluster of each name begin; a number that is not a name has none.
    starts: Vec<u32>,
    addresses: Vec<u32>,
}

impl Members {
    pub fn of(labels: &[u32]) -> Members {
        let mut starts = vec![0u32; labels.len() + 1];
        for label in labels {
            starts[*label as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut addresses = vec![0; labels.len()];
        for (address, label) in labels.iter().enumerate() {
            let place = &mut next[*label as usize];
            addresses[*place as usize] = address as u32;
            *place += 1;
        }
        Members { starts, addresses }
    }

    /// The members of the cluster of a name; none for a number that is not a name.
    pub fn of_cluster(&self, name: AddrNum) -> &[u32] {
        let row = name.0 as usize;
        &self.addresses[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    pub fn size(&self, name: AddrNum) -> u32 {
        let row = name.0 as usize;
        self.starts[row + 1] - self.starts[row]
    }
}
