//! Peel chains, flows of a set and gatherings on whole chains: laws, interruptions, and stores that are damaged.

use proptest::prelude::*;
use satrail::Error;
use satrail::chain::{Chain, End};
use satrail::convergence::ConvergenceOptions;
use satrail::flows::{Flows, FlowsOptions, Sums};
use satrail::ids::{AddrNum, OutNum};
use satrail::peel_chain::PeelChainOptions;
use satrail::trace::Direction;

use crate::build::work::Clean;
use crate::build::{Rng, Tree};
use crate::common::{DemoStore, Random};

fn flows(chain: &Chain, addresses: impl IntoIterator<Item = u32>) -> Flows {
    chain.flows(addresses.into_iter().map(AddrNum), FlowsOptions::default(), &mut || true).unwrap()
}

/// What the addresses have, output by output.
fn unspent(chain: &Chain, addresses: &[u32]) -> u64 {
    let mine = |output: &OutNum| addresses.contains(&chain.address_of(*output).unwrap().0);
    let outputs = (0..chain.counts().outputs).map(OutNum).filter(mine);
    outputs.filter(|output| chain.end_of(*output).unwrap() == End::Unspent).map(|output| chain.value_of(output).unwrap()).sum()
}

fn added(parts: &[Sums], part: fn(&Sums) -> u64) -> u64 {
    parts.iter().map(part).sum()
}

proptest! {
    #![proptest_config(crate::cases(12))]

    #[test]
    fn what_came_and_did_not_go_is_there(seed: u64, heights in 0i64..20) {
        let tree = Tree::line(seed, 20, 5);
        let chain = Clean::best(&tree).chain.at_height(heights).unwrap();
        let mut rng = Rng::new(seed);
        let addresses: Vec<u32> = (0..chain.counts().addresses as u32).filter(|_| rng.below(3) == 0).collect();
        let flows = flows(&chain, addresses.iter().copied());
        prop_assert_eq!(flows.sums().balance(), unspent(&chain, &addresses) as i64);
        let parts: Vec<Sums> = flows.movements().iter().map(|movement| movement.sums).collect();
        prop_assert_eq!(added(&parts, |sums| sums.received), flows.sums().received);
        prop_assert_eq!(flows.counterparties().iter().map(|party| party.paid).sum::<u64>(), flows.sums().received);
        prop_assert_eq!(flows.counterparties().iter().map(|party| party.got).sum::<u64>(), flows.sums().sent);
    }

    #[test]
    fn two_sets_together_have_what_they_have_alone(seed: u64) {
        let chain = Clean::best(&Tree::line(seed, 20, 5)).chain;
        let count = chain.counts().addresses as u32;
        let (even, odd, all) = (flows(&chain, (0..count).step_by(2)), flows(&chain, (1..count).step_by(2)), flows(&chain, 0..count));
        prop_assert_eq!(even.sums().balance() + odd.sums().balance(), all.sums().balance());
        prop_assert_eq!(all.sums().sent, 0);
    }

    #[test]
    fn more_payments_never_meet_earlier(seed: u64) {
        let chain = Clean::best(&Tree::line(seed, 20, 5)).chain;
        let mut rng = Rng::new(seed);
        let payments: Vec<OutNum> = (0..4).map(|_| OutNum(1 + rng.below(chain.counts().outputs as usize - 1) as u64)).collect();
        prop_assume!(payments.iter().collect::<std::collections::HashSet<_>>().len() == 4);
        let gather = |payments: &[OutNum]| chain.convergence(payments, ConvergenceOptions::default(), &mut || true).unwrap();
        let (few, many) = (gather(&payments[..3]), gather(&payments));
        if let Some(meeting) = many.meeting() {
            prop_assert!(few.meeting().is_some_and(|earlier| earlier.transaction <= meeting.transaction));
        }
    }
}

#[test]
fn all_of_them_end_when_they_are_told_to() {
    let store = DemoStore::new(None);
    let chain = Chain::open(&store.path).unwrap();
    let start = OutNum(chain.counts().outputs / 2);
    assert!(matches!(chain.peel_chain(start, &PeelChainOptions::default(), &mut || false), Err(Error::Stopped)));
    assert!(matches!(chain.flows([AddrNum(1)], FlowsOptions::default(), &mut || false), Err(Error::Stopped)));
    let payments = [OutNum(10), OutNum(11)];
    assert!(matches!(chain.convergence(&payments, ConvergenceOptions::default(), &mut || false), Err(Error::Stopped)));
}

/// Puts random bytes into a part of a file.
fn damage(path: &std::path::Path, random: &mut Random) {
    let mut bytes = std::fs::read(path).unwrap();
    for _ in 0..1 + bytes.len() / 200 {
        let at = random.below(bytes.len());
        bytes[at] = random.next() as u8;
    }
    std::fs::write(path, bytes).unwrap();
}

/// Asks about many coins and addresses, and reads all tables of what is answered; errors are answers, too.
fn ask_all(chain: &Chain) -> usize {
    let both = PeelChainOptions {
        directions: vec![Direction::In, Direction::Out],
        max_inputs: 9,
        max_outputs: 9,
        ..PeelChainOptions::default()
    };
    let mut errors = 0;
    for output in (0..chain.counts().outputs).step_by(307).map(OutNum) {
        let peeled = chain.peel_chain(output, &both, &mut || true);
        let tables = peeled.and_then(|peel| Ok((peel.steps()?, peel.peeled()?, peel.stop()?)));
        errors += tables.is_err() as usize;
        let met = chain.convergence(&[output, OutNum(output.0 / 2 + 1)], ConvergenceOptions::default(), &mut || true);
        let tables = met.and_then(|met| Ok((met.payments_table()?, met.meetings_table()?, met.paths_table(met.paths())?)));
        errors += tables.is_err() as usize;
    }
    for first in (0..chain.counts().addresses as u32).step_by(601) {
        let found = chain.flows((first..first + 40).map(AddrNum), FlowsOptions::default(), &mut || true);
        let tables = found.and_then(|flows| Ok((flows.table()?, flows.transactions_table()?, flows.counterparties_table()?)));
        errors += tables.is_err() as usize;
    }
    errors
}

#[test]
fn a_damaged_column_is_an_error_or_another_answer_but_never_the_end() {
    let columns = ["outputs.spender", "outputs.address", "outputs.value", "inputs.spends"];
    let more = ["transactions.outputs_end", "transactions.inputs_end", "blocks.transactions_end", "addresses.kind"];
    let mut errors = 0;
    for (seed, column) in columns.into_iter().chain(more).enumerate() {
        let store = DemoStore::new(Some(180));
        damage(&store.path.join(format!("{column}.0")), &mut Random(seed as u64));
        errors += Chain::open(&store.path).map_or(1, |chain| ask_all(&chain));
    }
    assert!(errors > 0);
}
