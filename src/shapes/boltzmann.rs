//! In how many ways a transaction's inputs can have paid its outputs, and how likely each of the links between them is: Boltzmann's
//! entropy of a transaction.
//!
//! An interpretation divides the inputs into blocks and the outputs into as many, and matches the blocks one to one, so that in each pair the
//! inputs have as much as the outputs and at most the transaction's fee more. Coins of equal amounts can take each other's places, so blocks
//! are counted by how many coins of each amount they hold, with binomial coefficients for which ones; what is left over is counted once for
//! each remainder.

use std::collections::HashMap;

use crate::chain::Facts;
use crate::ids::AddrNum;
use crate::script::Kind;

/// How the ways are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoltzmannOptions {
    /// Steps that the count may take: 16 for each block of coins by amounts, for each pair of them that is matched, and for each
    /// remainder; and one for each pair that is held against a remainder.
    pub budget: u64,
    /// Satoshi that one participant may pay another: so much less, or more beyond the fee, may the inputs of a block have than its outputs.
    pub intrafees: u64,
}

impl Default for BoltzmannOptions {
    fn default() -> BoltzmannOptions {
        BoltzmannOptions { budget: 100_000_000, intrafees: 0 }
    }
}

/// Steps for what is kept in memory.
const LISTED: u64 = 16;

/// Why nothing was computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotComputed {
    OutOfBudget,
    /// The count is beyond 128 bits.
    TooManyWays,
    NoInputs,
    NoOutputs,
    /// The outputs have more than the inputs, which no valid transaction has.
    PaysTooMuch,
}

impl NotComputed {
    /// Every reason, in the order of its number.
    pub const ALL: [NotComputed; 5] = [
        NotComputed::OutOfBudget,
        NotComputed::TooManyWays,
        NotComputed::NoInputs,
        NotComputed::NoOutputs,
        NotComputed::PaysTooMuch,
    ];

    pub const fn reason(self) -> &'static str {
        match self {
            NotComputed::OutOfBudget => "the budget was used up",
            NotComputed::TooManyWays => "there are more ways than 128 bits can count",
            NotComputed::NoInputs => "it has no inputs",
            NotComputed::NoOutputs => "it has no outputs",
            NotComputed::PaysTooMuch => "its outputs have more than its inputs",
        }
    }
}

/// The links of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Boltzmann {
    /// The number of interpretations.
    pub interpretations: u128,
    /// For each input and each output, in how many interpretations they are linked.
    pub links: Vec<Vec<u128>>,
}

impl Boltzmann {
    /// The binary logarithm of the number of interpretations.
    pub fn entropy(&self) -> f64 {
        (self.interpretations as f64).log2()
    }

    /// The share of the interpretations in which an input and an output are linked.
    pub fn probability(&self, input: usize, output: usize) -> f64 {
        self.links[input][output] as f64 / self.interpretations as f64
    }

    /// Whether an input and an output are linked in every interpretation.
    pub fn is_deterministic(&self, input: usize, output: usize) -> bool {
        self.links[input][output] == self.interpretations
    }

    /// Of a transaction whose inputs and outputs have these amounts, in satoshi.
    pub fn of(inputs: &[u64], outputs: &[u64], options: &BoltzmannOptions) -> Result<Boltzmann, NotComputed> {
        let sum = |amounts: &[u64]| amounts.iter().map(|amount| *amount as i128).sum::<i128>();
        let fee = sum(inputs) - sum(outputs);
        match (inputs.is_empty(), outputs.is_empty(), fee < 0) {
            (true, ..) => return Err(NotComputed::NoInputs),
            (_, true, _) => return Err(NotComputed::NoOutputs),
            (.., true) => return Err(NotComputed::PaysTooMuch),
            _ => {}
        }
        let (ins, outs) = (Side::of(inputs), Side::of(outputs));
        let mut steps = Steps(options.budget);
        let mut count = Count::new(&ins, &outs, fee, options.intrafees as i128, &mut steps)?;
        let interpretations = count.ways_of(count.whole, fee, &mut steps)?;
        let links = count.links(&ins, &outs, &mut steps)?;
        let links = ins.class_of.iter().map(|i| outs.class_of.iter().map(|o| links[*i][*o]).collect());
        Ok(Boltzmann { interpretations, links: links.collect() })
    }
}

/// The links of a transaction by the places of its inputs and outputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    pub result: Result<Boltzmann, NotComputed>,
    /// The row of the links that each input has.
    pub inputs: Vec<usize>,
    /// The places of the outputs that are looked at, one for each column of the links.
    pub outputs: Vec<usize>,
}

impl Placed {
    /// Of a transaction; outputs of data, which nobody gets, are left out. The inputs of one address may be taken together.
    pub fn of(facts: &Facts, merge_addresses: bool, options: &BoltzmannOptions) -> Placed {
        let (mut rows, mut inputs, mut amounts) = (HashMap::<AddrNum, usize>::new(), Vec::new(), Vec::<u64>::new());
        for input in facts.inputs {
            let row = match merge_addresses {
                true => *rows.entry(input.address).or_insert(amounts.len()),
                false => amounts.len(),
            };
            match amounts.get_mut(row) {
                Some(amount) => *amount = amount.saturating_add(input.value),
                None => amounts.push(input.value),
            }
            inputs.push(row);
        }
        let outputs = facts.outputs.iter().enumerate().filter(|(_, output)| output.kind != Kind::OpReturn);
        let (outputs, paid): (Vec<usize>, Vec<u64>) = outputs.map(|(place, output)| (place, output.value)).unzip();
        Placed { result: Boltzmann::of(&amounts, &paid, options), inputs, outputs }
    }
}

/// Steps that are left.
struct Steps(u64);

impl Steps {
    fn take(&mut self, steps: u64) -> Result<(), NotComputed> {
        self.0 = self.0.checked_sub(steps).ok_or(NotComputed::OutOfBudget)?;
        Ok(())
    }
}

/// The inputs or the outputs, in classes of equal amounts.
struct Side {
    classes: Vec<Class>,
    /// The class of each of them.
    class_of: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Class {
    amount: u64,
    coins: u64,
}

impl Side {
    fn of(amounts: &[u64]) -> Side {
        let mut sorted = amounts.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let classes: Vec<Class> =
            sorted.chunk_by(|a, b| a == b).map(|equal| Class { amount: equal[0], coins: equal.len() as u64 }).collect();
        let class = |amount: &u64| classes.iter().position(|class| class.amount == *amount).expect("every amount has a class");
        Side { class_of: amounts.iter().map(class).collect(), classes }
    }

    /// Blocks of its coins by amounts; saturating.
    fn blocks(&self) -> u64 {
        self.classes.iter().fold(1, |blocks: u64, class| blocks.saturating_mul(class.coins + 1))
    }
}

/// How many coins of each class: a number of each in a field of bits, with a free bit before it.
type Coins = u128;

/// Where the fields are.
struct Fields {
    /// The place and the length of each field, the inputs' first.
    places: Vec<(u32, u32)>,
    /// The free bits.
    free: Coins,
}

impl Fields {
    fn of(classes: impl Iterator<Item = Class>) -> Option<Fields> {
        let (mut places, mut free, mut at) = (Vec::new(), 0, 0);
        for class in classes {
            let length = u64::BITS - class.coins.leading_zeros();
            places.push((at, length));
            at += length + 1;
            if at > Coins::BITS {
                return None;
            }
            free |= 1 << (at - 1);
        }
        Some(Fields { places, free })
    }

    fn get(&self, coins: Coins, field: usize) -> u64 {
        let (at, length) = self.places[field];
        (coins >> at) as u64 & ((1 << length) - 1)
    }

    fn one(&self, field: usize) -> Coins {
        1 << self.places[field].0
    }

    /// What is left of some coins without others, if those are among them.
    fn without(&self, coins: Coins, others: Coins) -> Option<Coins> {
        let left = (coins | self.free).wrapping_sub(others);
        (left & self.free == self.free).then_some(left & !self.free)
    }
}

/// Coins of one side, with their sum.
#[derive(Clone, Copy)]
struct Block {
    coins: Coins,
    sum: i128,
}

/// A block of inputs with a block of outputs that it can have paid.
#[derive(Clone, Copy)]
struct Pair {
    coins: Coins,
    /// What the inputs have more.
    more: i128,
}

struct Count {
    fields: Fields,
    classes: Vec<Class>,
    inputs: usize,
    whole: Coins,
    /// What the inputs have more than the outputs.
    fee: i128,
    /// What any division of coins has less than nothing, at most.
    least: i128,
    /// By the first class of the inputs.
    pairs: Vec<Vec<Pair>>,
    known: HashMap<Coins, u128>,
}

impl Count {
    fn new(ins: &Side, outs: &Side, fee: i128, intrafees: i128, steps: &mut Steps) -> Result<Count, NotComputed> {
        let classes: Vec<Class> = ins.classes.iter().chain(&outs.classes).copied().collect();
        // More blocks than the budget has steps are not even listed, so the fields hold all that are.
        steps.take(ins.blocks().saturating_add(outs.blocks()).saturating_mul(LISTED))?;
        let fields = Fields::of(classes.iter().copied()).ok_or(NotComputed::OutOfBudget)?;
        let inputs = ins.classes.len();
        let blocks_in = list(&fields, &classes, 0..inputs);
        let mut blocks_out = list(&fields, &classes, inputs..classes.len());
        blocks_out.sort_unstable_by_key(|block| block.sum);
        let mut pairs = vec![Vec::new(); inputs];
        for block in &blocks_in {
            let first = (0..inputs).find(|class| fields.get(block.coins, *class) > 0).expect("a block is not empty");
            let least = blocks_out.partition_point(|out| out.sum < block.sum - fee - intrafees);
            let fitting = blocks_out[least..].iter().take_while(|out| out.sum <= block.sum + intrafees);
            for out in fitting {
                steps.take(LISTED)?;
                pairs[first].push(Pair { coins: block.coins | out.coins, more: block.sum - out.sum });
            }
        }
        let whole = classes.iter().enumerate().fold(0, |whole, (i, class)| whole | (class.coins as Coins) << fields.places[i].0);
        let least = -intrafees * ins.class_of.len() as i128;
        Ok(Count { fields, classes, inputs, whole, fee, least, pairs, known: HashMap::from([(0, 1)]) })
    }

    /// The ways to divide some coins, of which the inputs have so much more: the first input is in one of the pairs that hold it, and the
    /// rest is divided without it.
    fn ways_of(&mut self, coins: Coins, more: i128, steps: &mut Steps) -> Result<u128, NotComputed> {
        if let Some(ways) = self.known.get(&coins) {
            return Ok(*ways);
        }
        let mut ways: u128 = 0;
        // Without inputs, what is left of the outputs cannot be divided.
        if let Some(first) = (0..self.inputs).find(|class| self.fields.get(coins, *class) > 0) {
            steps.take(LISTED + self.pairs[first].len() as u64)?;
            for i in 0..self.pairs[first].len() {
                let pair = self.pairs[first][i];
                if more - pair.more < self.least {
                    continue;
                }
                let Some(rest) = self.fields.without(coins, pair.coins) else { continue };
                let rest = self.ways_of(rest, more - pair.more, steps)?;
                if rest > 0 {
                    let chosen = self.choices(coins, pair.coins, Some(first))?;
                    ways = rest.checked_mul(chosen).and_then(|new| ways.checked_add(new)).ok_or(NotComputed::TooManyWays)?;
                }
            }
        }
        self.known.insert(coins, ways);
        Ok(ways)
    }

    /// The ways to choose a pair's coins among some; one coin of a class may be chosen already.
    fn choices(&self, coins: Coins, pair: Coins, taken: Option<usize>) -> Result<u128, NotComputed> {
        let of_class = |class: usize| {
            let taken = u64::from(taken == Some(class));
            binomial(self.fields.get(coins, class) - taken, self.fields.get(pair, class) - taken)
        };
        (0..self.classes.len())
            .try_fold(1u128, |product, class| product.checked_mul(of_class(class)?))
            .ok_or(NotComputed::TooManyWays)
    }

    /// For a coin of each class of inputs and one of each class of outputs, in how many ways they are in one pair.
    fn links(&mut self, ins: &Side, outs: &Side, steps: &mut Steps) -> Result<Vec<Vec<u128>>, NotComputed> {
        let mut links = vec![vec![0u128; outs.classes.len()]; ins.classes.len()];
        for pair in self.pairs.concat() {
            steps.take(1)?;
            let rest = self.fields.without(self.whole, pair.coins).expect("a pair is of coins that are there");
            let rest = self.ways_of(rest, self.fee - pair.more, steps)?;
            if rest == 0 {
                continue;
            }
            let ways = self.choices(self.whole, pair.coins, None)?.checked_mul(rest).ok_or(NotComputed::TooManyWays)?;
            for (i, row) in links.iter_mut().enumerate() {
                let of_inputs = self.fields.get(pair.coins, i) as u128;
                for (o, link) in row.iter_mut().enumerate() {
                    let both = of_inputs * self.fields.get(pair.coins, ins.classes.len() + o) as u128;
                    *link = ways.checked_mul(both).and_then(|more| link.checked_add(more)).ok_or(NotComputed::TooManyWays)?;
                }
            }
        }
        // By now every coin of a class has been counted, and each counts the same.
        for (row, input) in links.iter_mut().zip(&ins.classes) {
            for (link, output) in row.iter_mut().zip(&outs.classes) {
                *link /= (input.coins * output.coins) as u128;
            }
        }
        Ok(links)
    }
}

/// The blocks of some classes' coins, but for the empty one.
fn list(fields: &Fields, classes: &[Class], of: std::ops::Range<usize>) -> Vec<Block> {
    let mut blocks = vec![Block { coins: 0, sum: 0 }];
    for class in of {
        let one = Block { coins: fields.one(class), sum: classes[class].amount as i128 };
        let before = blocks.len();
        for coins in 1..=classes[class].coins {
            let more =
                |block: &Block| Block { coins: block.coins + one.coins * coins as Coins, sum: block.sum + one.sum * coins as i128 };
            blocks.extend(blocks[..before].iter().map(more).collect::<Vec<_>>());
        }
    }
    blocks.swap_remove(0);
    blocks
}

fn binomial(n: u64, k: u64) -> Option<u128> {
    let k = k.min(n - k) as u128;
    (0..k).try_fold(1u128, |product, i| Some(product.checked_mul(n as u128 - i)? / (i + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of ways for 2 to 10 equal inputs and outputs.
    const EQUAL: [u128; 9] = [3, 16, 131, 1_496, 22_482, 426_833, 9_934_563, 277_006_192, 9_085_194_458];

    fn of(inputs: &[u64], outputs: &[u64]) -> Boltzmann {
        Boltzmann::of(inputs, outputs, &BoltzmannOptions::default()).unwrap()
    }

    #[test]
    fn equal_amounts_have_as_many_ways_as_the_closed_form_says() {
        for (n, ways) in (2..).zip(EQUAL) {
            let found = of(&vec![5; n], &vec![5; n]);
            assert_eq!(found.interpretations, ways);
            // By symmetry each link is as likely as any other.
            assert!(found.links.iter().flatten().all(|links| *links == found.links[0][0]));
        }
    }

    #[test]
    fn one_input_or_one_output_leaves_no_doubt() {
        let one = of(&[10], &[3, 6]);
        assert!(one.is_deterministic(0, 0) && one.is_deterministic(0, 1));
        assert_eq!(of(&[10, 5], &[14]).entropy(), 0.0);
    }

    #[test]
    fn what_cannot_be_counted_is_not() {
        let options = BoltzmannOptions::default();
        assert_eq!(Boltzmann::of(&[], &[1], &options), Err(NotComputed::NoInputs));
        assert_eq!(Boltzmann::of(&[1], &[], &options), Err(NotComputed::NoOutputs));
        assert_eq!(Boltzmann::of(&[1], &[2], &options), Err(NotComputed::PaysTooMuch));
        assert_eq!(Boltzmann::of(&[7; 60], &[7; 60], &options), Err(NotComputed::TooManyWays));
        let many: Vec<u64> = (1..200).map(|i| i * 7919 % 104_729).collect();
        assert_eq!(Boltzmann::of(&many, &many, &options), Err(NotComputed::OutOfBudget));
        assert_eq!(
            Boltzmann::of(&[5; 5], &[5; 5], &BoltzmannOptions { budget: 12 * LISTED - 1, ..options }),
            Err(NotComputed::OutOfBudget)
        );
    }

    #[test]
    fn a_fee_between_participants_allows_more() {
        let allowed = |intrafees| {
            let options = BoltzmannOptions { intrafees, ..BoltzmannOptions::default() };
            Boltzmann::of(&[105, 100], &[101, 104], &options).unwrap().interpretations
        };
        assert_eq!((allowed(0), allowed(1), allowed(4)), (1, 2, 3));
    }
}
