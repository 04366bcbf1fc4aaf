//! Transactions made by hand, one of each shape, and what may stand around them.

use satrail::Result;
use satrail::chain::Facts;
use satrail::ids::{AddrNum, OutNum, TxNum};
use satrail::shapes::{Around, Hidden, Outline, Shape, Thresholds};

pub const POOL: u64 = 1_000_000;

/// A transaction, and what is around it.
#[derive(Clone, Debug)]
pub struct Tx {
    /// Amount, script and sequence of each.
    pub inputs: Vec<(u64, Vec<u8>, u32)>,
    pub outputs: Vec<(u64, Vec<u8>)>,
    pub locktime: u32,
    pub height: u32,
    pub around: Fake,
    pub thresholds: Thresholds,
}

/// What the transaction is told of its chain.
#[derive(Clone, Debug)]
pub struct Fake {
    /// Inputs and outputs of the transaction before it.
    pub before: Option<(u64, u64)>,
    pub hidden: Hidden,
    /// The transactions that made its inputs.
    pub makers: Vec<Tx>,
}

pub fn wpkh(n: usize) -> Vec<u8> {
    [&[0, 20][..], &[7; 12], &n.to_le_bytes()].concat()
}

pub fn wsh(n: usize) -> Vec<u8> {
    [&[0, 32][..], &[7; 24], &n.to_le_bytes()].concat()
}

pub fn pkh(n: usize) -> Vec<u8> {
    [&[0x76, 0xa9, 20][..], &[7; 12], &n.to_le_bytes(), &[0x88, 0xac]].concat()
}

pub fn data() -> Vec<u8> {
    vec![0x6a, 1, 7]
}

impl Tx {
    /// Inputs and outputs of these amounts, each of an address of its own.
    pub fn of(inputs: impl IntoIterator<Item = u64>, outputs: impl IntoIterator<Item = u64>) -> Tx {
        let inputs = inputs.into_iter().enumerate().map(|(n, value)| (value, wpkh(n), u32::MAX));
        Tx {
            inputs: inputs.collect(),
            outputs: outputs.into_iter().enumerate().map(|(n, value)| (value, wpkh(1_000_000 + n))).collect(),
            locktime: 0,
            height: 0,
            around: Fake { before: None, hidden: Hidden::Unknown, makers: vec![] },
            thresholds: Thresholds::default(),
        }
    }

    pub fn but(&self, change: impl FnOnce(&mut Tx)) -> Tx {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    pub fn outline(&self) -> Outline {
        let mut outline = Outline::default();
        (outline.height, outline.locktime) = (self.height, self.locktime);
        for (value, script, sequence) in &self.inputs {
            outline.input(*value, script, *sequence);
        }
        for (value, script) in &self.outputs {
            outline.output(*value, script);
        }
        outline
    }
}

impl Around for Fake {
    fn show_maker(&self, output: OutNum, look: &mut dyn FnMut(&Facts)) -> Result<()> {
        if let Some(maker) = self.makers.get(output.0 as usize) {
            look(&maker.outline().facts());
        }
        Ok(())
    }

    fn maker_size(&self, _: OutNum) -> Result<Option<(u64, u64)>> {
        Ok(self.before)
    }

    fn size(&self, _: TxNum) -> Result<Option<(u64, u64)>> {
        Ok(self.before)
    }

    fn hidden(&self, _: AddrNum) -> Result<Hidden> {
        Ok(self.hidden)
    }

    /// Nothing here is ever spent.
    fn knows_spends(&self) -> bool {
        true
    }
}

/// A CoinJoin of so many, of a denomination; each gets another change.
pub fn joint(participants: u64, denomination: u64) -> Tx {
    let change = |n: u64| denomination / 3 + 1_000 * n;
    let outputs = [denomination].into_iter().cycle().take(participants as usize);
    Tx::of((0..participants).map(|n| denomination + change(n) + 500), outputs.chain((0..participants).map(change)))
}

pub fn wasabi_1_1() -> Tx {
    let mixed = [10_000_000; 12].into_iter().chain([20_000_000; 4]);
    Tx::of((0..12).map(|n| 30_000_000 + n), mixed.chain((0..10).map(|n| 1_234_567 + 999 * n)))
}

pub fn wasabi_2_0() -> Tx {
    let mixed = [500_000; 6].into_iter().chain([262_144; 6]).chain([100_000; 6]);
    let outputs = [777_777, 555_555].into_iter().chain(mixed).chain([6_000]);
    Tx::of((0..24).map(|n| 400_000 - n), outputs)
}

pub fn whirlpool() -> Tx {
    Tx::of([POOL + 5_000, POOL + 4_000, POOL, POOL, POOL], [POOL; 5])
}

pub fn tx0() -> Tx {
    Tx::of([9_000_000], [0, 50_000, 3_900_000].into_iter().chain([POOL + 5_000; 5])).but(|tx| tx.outputs[0].1 = data())
}

pub fn stonewall() -> Tx {
    Tx::of([900_000, 800_000], [600_000, 600_000, 299_000, 199_500])
}

pub fn payjoin() -> Tx {
    Tx::of([900_000, 300_000], [500_000, 699_000])
}

pub fn peeling() -> Tx {
    Tx::of([900_000], [100_000, 799_000]).but(|tx| tx.around.before = Some((1, 2)))
}

pub fn channel_open() -> Tx {
    let open = |tx: &mut Tx| (tx.outputs[0].1, tx.around.hidden) = (wsh(1), Hidden::Channel);
    Tx::of([900_000], [500_000, 399_000]).but(open)
}

pub fn channel_close() -> Tx {
    Tx::of([900_000], [500_000, 399_000, 330]).but(|tx| {
        (tx.inputs[0].1, tx.inputs[0].2) = (wsh(1), 0x8012_3456);
        (tx.locktime, tx.around.hidden) = (0x2065_4321, Hidden::Channel);
    })
}

/// A transaction that has the shape, and changes of it by which each of its predicates fails.
pub fn cases(shape: Shape) -> Vec<(&'static str, Tx)> {
    let all = |tx: &Tx| ("all", tx.clone());
    match shape {
        Shape::EqualOutputCoinjoin => {
            let tx = joint(4, POOL);
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(1))),
                ("outputs", tx.but(|tx| tx.outputs.truncate(2))),
                ("equal_outputs", tx.but(|tx| (tx.outputs[0].0, tx.outputs[1].0) = (POOL + 1, POOL + 2))),
                ("denomination", joint(4, 546)),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
                ("other_outputs", tx.but(|tx| tx.outputs.push((7_777, wpkh(77))))),
                ("input_addresses", tx.but(|tx| tx.inputs.iter_mut().for_each(|input| input.1 = wpkh(1)))),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
                ("value_assignment", tx.but(|tx| (tx.inputs[0].0, tx.inputs[1].0) = (4_000_000, 1_000))),
            ]
        }
        Shape::Joinmarket => {
            let tx = joint(4, POOL);
            // Three participants, of whom each has so many inputs.
            let large = |each: u64, change: u64| {
                let outputs = [POOL; 3].into_iter().chain((0..change).map(|n| 300_000 + n));
                Tx::of((0..3 * each).map(|_| 1_310_000 / each), outputs)
            };
            vec![
                all(&tx),
                ("outputs", tx.but(|tx| tx.outputs.truncate(2))),
                ("inputs", tx.but(|tx| tx.inputs.truncate(2))),
                ("equal_outputs", tx.but(|tx| (tx.outputs[0].0, tx.outputs[1].0) = (POOL + 1, POOL + 2))),
                ("denomination", joint(4, 546)),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
                ("other_outputs", tx.but(|tx| tx.outputs.push((7_777, wpkh(77))))),
                ("change_outputs", tx.but(|tx| tx.outputs.truncate(4))),
                ("input_addresses", tx.but(|tx| tx.inputs.iter_mut().for_each(|input| input.1 = wpkh(1)))),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
                ("inputs_each", large(21, 3)),
                ("outputs_each", large(20, 1)),
                ("not_wasabi", joint(12, 10_000_000)),
                ("value_assignment", tx.but(|tx| (tx.inputs[0].0, tx.inputs[1].0) = (4_000_000, 1_000))),
            ]
        }
        Shape::Wasabi10 => {
            let tx = joint(12, 10_100_000);
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(9))),
                ("height", tx.but(|tx| tx.thresholds.wasabi_1_first_height = 1)),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
                ("address_share", tx.but(|tx| tx.inputs[1].1 = tx.inputs[0].1.clone())),
                ("denomination", joint(12, 7_000_000)),
                ("equal_outputs", tx.but(|tx| tx.thresholds.wasabi_1_min_participants = 13)),
                ("other_outputs", tx.but(|tx| tx.outputs.extend([(7, wpkh(77)), (8, wpkh(88))]))),
                ("input_addresses", tx.but(|tx| tx.inputs.truncate(11))),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
            ]
        }
        Shape::Wasabi11 => {
            let tx = wasabi_1_1();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(9))),
                ("height", tx.but(|tx| tx.thresholds.wasabi_1_first_height = 1)),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
                ("address_share", tx.but(|tx| tx.inputs[1].1 = tx.inputs[0].1.clone())),
                ("levels", tx.but(|tx| tx.outputs.retain(|output| output.0 != 20_000_000))),
                ("equal_outputs", tx.but(|tx| tx.thresholds.wasabi_1_min_participants = 13)),
                ("mixed_outputs", tx.but(|tx| tx.outputs.extend((0..24).map(|n| (1_000 + n, wpkh(70 + n as usize)))))),
                ("not_equal_shares", tx.but(|tx| tx.outputs.truncate(16))),
                ("input_addresses", tx.but(|tx| tx.inputs.truncate(11))),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
            ]
        }
        Shape::Wasabi20 => {
            let tx = wasabi_2_0();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(19))),
                ("height", tx.but(|tx| tx.thresholds.wasabi_2_first_height = 1)),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
                ("address_share", tx.but(|tx| tx.inputs[..3].iter_mut().for_each(|input| input.1 = wpkh(1)))),
                ("smallest_output", tx.but(|tx| tx.outputs[20].0 = 4_999)),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
                ("mixed_outputs", tx.but(|tx| tx.outputs.extend((0..24).map(|n| (5_900 - n, wpkh(70 + n as usize)))))),
                ("other_outputs", tx.but(|tx| tx.outputs.retain(|output| [500_000, 262_144, 100_000].contains(&output.0)))),
                ("denominations", tx.but(|tx| tx.thresholds.wasabi_2_min_denominations = 4)),
                ("sorted", tx.but(|tx| tx.inputs.reverse())),
            ]
        }
        Shape::Whirlpool => {
            let tx = whirlpool();
            let lineage = |tx: &mut Tx| {
                tx.thresholds.whirlpool_lineage = true;
                tx.around.makers = vec![tx0(), tx0(), whirlpool(), whirlpool(), whirlpool()];
            };
            vec![
                all(&tx),
                all(&tx.but(lineage)),
                ("inputs", tx.but(|tx| tx.inputs.truncate(4))),
                ("outputs", tx.but(|tx| tx.outputs.truncate(4))),
                ("pool", tx.but(|tx| tx.outputs.iter_mut().for_each(|output| output.0 = POOL / 2))),
                ("equal_outputs", tx.but(|tx| tx.outputs[3].0 += 1)),
                ("height", tx.but(|tx| tx.thresholds.whirlpool_first_height = 1)),
                ("new_inputs", tx.but(|tx| tx.inputs.iter_mut().for_each(|input| input.0 = POOL))),
                ("mixed_inputs", tx.but(|tx| tx.inputs.iter_mut().for_each(|input| input.0 = POOL + 5_000))),
                ("fitting_inputs", tx.but(|tx| tx.inputs[1].0 = POOL + 110_001)),
                ("input_kinds", tx.but(|tx| tx.inputs[1].1 = pkh(1))),
                ("input_addresses", tx.but(|tx| tx.inputs[1].1 = tx.inputs[0].1.clone())),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
                ("lineage", tx.but(lineage).but(|tx| tx.around.makers[0] = peeling())),
            ]
        }
        Shape::WhirlpoolTx0 => {
            let tx = tx0();
            vec![
                all(&tx),
                ("outputs", tx.but(|tx| tx.outputs.truncate(2))),
                ("data_outputs", tx.but(|tx| tx.outputs[0].1 = wpkh(77))),
                ("inputs", tx.but(|tx| tx.inputs.clear())),
                ("height", tx.but(|tx| tx.thresholds.whirlpool_first_height = 1)),
                ("premix_outputs", tx.but(|tx| tx.outputs[3..].iter_mut().for_each(|output| output.0 = POOL))),
                ("other_outputs", tx.but(|tx| tx.outputs.push((7, wpkh(77))))),
                ("fee_outputs", tx.but(|tx| tx.outputs[1].0 = 24_999)),
            ]
        }
        Shape::Stonewall => {
            let tx = stonewall();
            vec![
                all(&tx),
                all(&Tx::of([900_000, 601_000], [600_000, 600_000, 299_000])),
                ("inputs", tx.but(|tx| tx.inputs.truncate(1))),
                ("outputs", tx.but(|tx| tx.outputs.truncate(2))),
                ("amounts", tx.but(|tx| tx.outputs[0].0 += 1)),
                ("pair", tx.but(|tx| tx.thresholds.stonewall_min_value = 600_001)),
                ("output_addresses", tx.but(|tx| tx.outputs[1].1 = tx.outputs[0].1.clone())),
                ("data_outputs", tx.but(|tx| tx.outputs[3] = (0, data()))),
                ("value_assignment", tx.but(|tx| (tx.inputs[0].0, tx.inputs[1].0) = (1_600_000, 100_000))),
            ]
        }
        Shape::PayjoinWarning => {
            let tx = payjoin();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(1))),
                ("outputs", tx.but(|tx| tx.outputs.truncate(1))),
                ("data_outputs", tx.but(|tx| tx.outputs[0].1 = data())),
                ("input_kinds", tx.but(|tx| tx.inputs[0].1 = pkh(1))),
                ("input_addresses", tx.but(|tx| tx.inputs[1].1 = tx.inputs[0].1.clone())),
                // What is paid and the fee are more than the larger input has.
                ("inputs_without_the_smallest", Tx::of([900_000, 300_000], [290_000, 900_000])),
            ]
        }
        Shape::Peeling => {
            let tx = peeling();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.push((7, wpkh(77), 0)))),
                ("outputs", tx.but(|tx| tx.outputs.truncate(1))),
                ("data_outputs", tx.but(|tx| tx.outputs[0].1 = data())),
                ("split_off", tx.but(|tx| tx.thresholds.peeling_max_share = 0.1)),
            ]
        }
        Shape::Consolidation => {
            let tx = Tx::of([10, 20, 30], [59]);
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.truncate(2))),
                ("outputs", tx.but(|tx| tx.outputs.push((7, wpkh(77))))),
                ("data_outputs", tx.but(|tx| tx.outputs.push((0, data())))),
            ]
        }
        Shape::BatchPayment => {
            let tx = Tx::of([1_000], [10, 20, 30, 40, 50, 60]);
            vec![
                all(&tx),
                ("outputs", tx.but(|tx| tx.outputs.truncate(4))),
                ("inputs", tx.but(|tx| tx.inputs.clear())),
                ("spendable_outputs", tx.but(|tx| tx.outputs[1..].iter_mut().for_each(|output| output.1 = data()))),
                ("output_addresses", tx.but(|tx| tx.outputs[1..].iter_mut().for_each(|output| output.1 = wpkh(7)))),
                ("inputs_each", tx.but(|tx| tx.inputs.extend((0..6).map(|n| (7, wpkh(n), 0))))),
                ("coinjoin", joint(4, POOL)),
            ]
        }
        Shape::SelfTransfer => {
            let tx = Tx::of([10, 20], [12, 17]).but(|tx| (tx.outputs[0].1, tx.outputs[1].1) = (wpkh(0), wpkh(1)));
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.clear())),
                ("spendable_outputs", tx.but(|tx| tx.outputs.iter_mut().for_each(|output| output.1 = data()))),
                ("pays_back", tx.but(|tx| tx.outputs[1].1 = wpkh(77))),
                ("pays_back", Tx::of([10], [9]).but(|tx| tx.outputs[0].1 = pkh(77))),
            ]
        }
        Shape::LightningOpen => {
            let tx = channel_open();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.clear())),
                ("p2wsh_outputs", tx.but(|tx| tx.outputs[0].1 = wpkh(77))),
                ("two_of_two", tx.but(|tx| tx.around.hidden = Hidden::Other)),
            ]
        }
        Shape::LightningClose => {
            let tx = channel_close();
            vec![
                all(&tx),
                ("inputs", tx.but(|tx| tx.inputs.push((7, wpkh(77), 0)))),
                ("p2wsh_input", tx.but(|tx| tx.inputs[0].1 = wpkh(77))),
                ("two_of_two", tx.but(|tx| tx.around.hidden = Hidden::Other)),
                ("commitment", tx.but(|tx| tx.locktime = 0)),
            ]
        }
    }
}

/// Transactions that nobody can tell whether they have a shape, and the predicate that cannot be decided.
pub fn undecided() -> Vec<(Shape, &'static str, Tx)> {
    let no_budget = |tx: Tx| tx.but(|tx| tx.thresholds.search_budget = 0);
    vec![
        (Shape::EqualOutputCoinjoin, "value_assignment", no_budget(joint(4, POOL))),
        (Shape::Joinmarket, "value_assignment", no_budget(joint(4, POOL))),
        (Shape::Stonewall, "value_assignment", no_budget(stonewall())),
        (Shape::Whirlpool, "lineage", whirlpool().but(|tx| tx.thresholds.whirlpool_lineage = true)),
        (Shape::Peeling, "neighbour", peeling().but(|tx| tx.around.before = Some((2, 2)))),
        (Shape::BatchPayment, "coinjoin", no_budget(joint(4, POOL))),
        (Shape::SelfTransfer, "pays_back", Tx::of([10], [9])),
        (Shape::LightningOpen, "two_of_two", channel_open().but(|tx| tx.around.hidden = Hidden::Unknown)),
        (Shape::LightningClose, "two_of_two", channel_close().but(|tx| tx.around.hidden = Hidden::Unknown)),
        (Shape::LightningClose, "commitment", channel_close().but(|tx| (tx.locktime, _) = (0, tx.outputs.truncate(2)))),
    ]
}
