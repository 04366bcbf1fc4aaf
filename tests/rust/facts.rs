//! What rules look at is what the objects of the chain say.

use satrail::chain::{BlockFacts, Chain, End, Facts};
use satrail::ids::{Height, TxNum};

use crate::build::work::{bring, scratch};
use crate::build::{Layout, Rng, Shape, Tree, write};

fn assert_same(chain: &Chain, facts: &Facts<'_>, seen: &mut std::collections::HashMap<u32, TxNum>) {
    let tx = chain.transaction_at(facts.number).unwrap();
    assert_eq!((facts.height, facts.time), (tx.height().unwrap(), tx.time().unwrap()));
    assert_eq!(
        (facts.version, facts.locktime, facts.vsize()),
        (tx.version().unwrap(), tx.locktime().unwrap(), tx.vsize().unwrap())
    );
    assert_eq!(facts.fingerprint, tx.fingerprint().unwrap());
    assert_eq!(facts.is_coinbase(), tx.is_coinbase().unwrap());
    assert_eq!(facts.fee, tx.fee().unwrap().unwrap_or(0));
    if !facts.is_coinbase() {
        assert_eq!(facts.inputs.len(), tx.inputs().unwrap().len());
        for (facts, input) in facts.inputs.iter().zip(tx.inputs().unwrap()) {
            let address = input.address().unwrap().unwrap();
            assert_eq!(facts.spends, input.spends().unwrap().unwrap().number());
            assert_eq!((Some(facts.value), facts.sequence), (input.value().unwrap(), input.sequence().unwrap()));
            assert_eq!((facts.address, facts.kind), (address.number(), address.kind().unwrap()));
        }
    }
    assert_eq!(facts.outputs.len(), tx.outputs().unwrap().len());
    for (facts, output) in facts.outputs.iter().zip(tx.outputs().unwrap()) {
        let (address, number) = (output.address().unwrap(), tx.number());
        assert_eq!((facts.number, facts.value), (output.number(), output.value().unwrap()));
        assert_eq!((facts.address, facts.kind), (address.number(), address.kind().unwrap()));
        assert_eq!(facts.fresh, *seen.entry(address.number().0).or_insert(number) == number);
        let spender = if let End::Spent(tx) = output.end().unwrap() { Some(tx) } else { None };
        assert_eq!(facts.spender, spender);
    }
}

#[test]
fn facts_are_what_the_objects_say_at_every_height() {
    for seed in [3, 8] {
        let tree = Tree::random(Shape { seed, blocks: 40, transactions: 6, branches: 0, depth: 0 });
        let work = scratch();
        let (blocks, store) = (work.path().join("blocks"), work.path().join("store"));
        write(&blocks, &tree.all(), Layout::random(&mut Rng::new(seed)), &mut Rng::new(1));
        bring(&blocks, &store);
        let whole = Chain::open(&store).unwrap();
        for height in [whole.height().0 as i64, whole.height().0 as i64 / 2] {
            let chain = whole.at_height(height).unwrap();
            let (mut block, mut seen) = (BlockFacts::default(), Default::default());
            for height in 0..=height {
                block.gather(&chain, Height(height as u32)).unwrap();
                for facts in block.transactions() {
                    assert_same(&chain, &facts, &mut seen);
                    let alone = chain.facts(facts.number).unwrap();
                    let alone = alone.transactions().next().unwrap();
                    assert_eq!((alone.inputs, alone.outputs), (facts.inputs, facts.outputs));
                }
            }
        }
    }
}
