//! Exposure: which share of the money of a target went to, or came from, whom.

use std::collections::HashSet;

use crate::ids::{AddrNum, OutNum};
use crate::table::Table;
use crate::table::columns;
use crate::trace::sweep::log::Mark;
use crate::trace::{Ledger, Reason, Trace};

/// A share of the money of a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    pub kind: ShareKind,
    /// Satoshi whose least way between the target and this is one transaction.
    pub direct: u64,
    /// Satoshi that came by others on the way.
    pub indirect: u64,
}

/// Whose share it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ShareKind {
    /// That of the first labelled wallets on the way.
    Label(String),
    /// What the target itself still has.
    Held,
    /// The rest: unspent elsewhere, mined, fees, cut off.
    Unattributed,
}

impl Share {
    pub fn amount(&self) -> u64 {
        self.direct + self.indirect
    }
}

impl Trace {
    /// The shares of a trace's stop set in the money of its source, the largest first, then what is held, then what is not attributed. They
    /// add up to source plus joined less rejoined: to the money of the source, each satoshi once.
    pub fn exposure(&self) -> Vec<Share> {
        let (log, labels) = (self.log(), self.options().stops.labels());
        let (mut direct, mut held) = (vec![0; labels.len()], 0);
        for (tx_hop, step) in log.near_steps() {
            match step.mark {
                Mark::Stopped if tx_hop == 1 => {
                    let label = self.label_at(step.place).expect("the trace looked it up once");
                    direct[label as usize] += step.amount;
                }
                Mark::Ended(Reason::Unspent) if tx_hop == 0 => held += step.amount,
                _ => {}
            }
        }
        held += self.held_in_accounts();
        let ledger = self.ledger();
        let of_label = |(label, direct): (&String, u64)| Share {
            kind: ShareKind::Label(label.clone()),
            direct,
            indirect: ledger.ends.get(label).copied().unwrap_or(0) - direct,
        };
        let mut shares: Vec<Share> = labels.iter().zip(direct).map(of_label).filter(|share| share.amount() > 0).collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.amount()));
        let attributed: u64 = shares.iter().map(Share::amount).sum();
        shares.extend((held > 0).then_some(Share { kind: ShareKind::Held, direct: held, indirect: 0 }));
        let rest = whole(ledger) - attributed - held;
        shares.push(Share { kind: ShareKind::Unattributed, direct: 0, indirect: rest });
        shares
    }

    /// What the wallets of the source still have in their accounts.
    fn held_in_accounts(&self) -> u64 {
        let own: HashSet<AddrNum> = self.source().outputs().iter().filter_map(|given| self.wallet_of(given.output)).collect();
        let held = self.accounts().held().iter();
        held.filter(|held| held.reason == Reason::Unspent && own.contains(&held.wallet)).map(|held| held.amount).sum()
    }

    fn wallet_of(&self, output: OutNum) -> Option<AddrNum> {
        let clusters = self.options().clusters.as_ref()?;
        clusters.name_of(self.chain().address_of(output).ok()?).ok()
    }

    /// [`Trace::exposure`] as a table: kind ("label", "held", "unattributed"), label, direct, indirect, amount (satoshi), share (of the whole).
    pub fn exposure_table(&self) -> Table {
        let shares = self.exposure();
        let whole = whole(self.ledger());
        let text = |share: &Share| match &share.kind {
            ShareKind::Label(label) => label.clone(),
            ShareKind::Held => "held".to_string(),
            ShareKind::Unattributed => "unattributed".to_string(),
        };
        let kind = |share: &Share| if matches!(share.kind, ShareKind::Label(_)) { "label".to_string() } else { text(share) };
        let amount = |name, amount: fn(&Share) -> u64| columns::amount(name, shares.iter().map(amount));
        let part = |share: &Share| if whole == 0 { 0.0 } else { share.amount() as f64 / whole as f64 };
        columns::ready([
            columns::text("kind", shares.iter().map(kind)),
            columns::text("label", shares.iter().map(text)),
            amount("direct", |share| share.direct),
            amount("indirect", |share| share.indirect),
            amount("amount", Share::amount),
            columns::float64("share", shares.iter().map(part)),
        ])
    }
}

/// The money of the source, each satoshi once.
pub fn whole(ledger: &Ledger) -> u64 {
    ledger.source + ledger.joined - ledger[Reason::Rejoined]
}
