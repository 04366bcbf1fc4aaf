//! From drafts to bytes: orders a transaction as its software does, writes it into the block, and books it.

use crate::blocks::hash::double_sha256;
use crate::simulate::truth::words::What;
use crate::simulate::world::World;
use crate::simulate::world::block::{AddressRow, OutputRow, TransactionRow, compact_size};
use crate::simulate::world::draft::{Arrange, Draft, Pay};
use crate::simulate::world::profile::{Locktime, Order, PROFILES, Profile};
use crate::simulate::world::wallet::Coin;

/// Scratch space, used again for every transaction.
#[derive(Default)]
pub(in crate::simulate) struct Parts {
    body: Vec<u8>,
    witness: Vec<u8>,
    /// The outputs' scripts, in the order of the draft, and where each ends.
    scripts: Vec<u8>,
    ends: Vec<u32>,
    /// The places of the draft's outputs, in the order in which they are written.
    order: Vec<u32>,
}

impl Parts {
    fn script(&self, place: u32) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.scripts[start as usize..self.ends[place as usize] as usize]
    }

    fn clear(&mut self) {
        [&mut self.body, &mut self.witness, &mut self.scripts].into_iter().for_each(Vec::clear);
        [&mut self.ends, &mut self.order].into_iter().for_each(Vec::clear);
    }
}

impl World {
    /// Writes a transaction into the block. Coins come into their purses at once; `placed` and `kept` tell what became of the outputs.
    pub fn commit(&mut self, mut draft: Draft) -> [u8; 32] {
        let profile = &PROFILES[draft.profile as usize];
        let mut parts = std::mem::take(&mut self.parts);
        parts.clear();
        for output in &draft.outputs {
            self.script_of(output, &mut parts.scripts);
            parts.ends.push(parts.scripts.len() as u32);
        }
        self.order(&mut draft, &mut parts);
        let has_witness = draft.inputs.iter().any(|(_, coin)| coin.address.lock().has_witness());
        self.write_inputs(&draft, profile, &mut parts);
        write_outputs(&draft, &mut parts);
        let locktime = self.locktime(profile.locktime);
        let txid = self.append(profile.version, &parts, locktime, has_witness);
        self.keep_scripts(&draft, &parts);
        self.book(&draft, &parts.order, txid);
        self.parts = parts;
        txid
    }

    /// Writes the script of an output.
    pub fn script_of(&mut self, output: &Pay, script: &mut Vec<u8>) {
        match output.what {
            What::Data => {
                script.extend_from_slice(&[0x6a, 40]);
                self.random.fill(script, 40);
            }
            What::Lost => {
                script.extend_from_slice(&[0x76, 0xa9, 20]);
                script.extend_from_slice(&[0; 20]);
                script.extend_from_slice(&[0x88, 0xac]);
            }
            _ => self.keys.script(output.address, script),
        }
    }

    /// Orders inputs and outputs.
    fn order(&mut self, draft: &mut Draft, parts: &mut Parts) {
        let outputs = &draft.outputs;
        let mut order = std::mem::take(&mut parts.order);
        order.extend(0..outputs.len() as u32);
        let value = |place: &u32| outputs[*place as usize].value;
        match draft.arrange {
            Arrange::As(Order::ChangeLast) => {}
            Arrange::As(Order::ChangeFirst) => order.rotate_right(usize::from(ends_with_change(outputs))),
            Arrange::As(Order::Random) => {
                self.random.shuffle(&mut order);
                self.random.shuffle(&mut draft.inputs);
            }
            Arrange::As(Order::Bip69) => {
                order.sort_by_key(|place| (value(place), parts.script(*place)));
                draft.inputs.sort_by_key(|(_, coin)| bip69(coin));
            }
            Arrange::Descending => {
                order.sort_by_key(|place| std::cmp::Reverse(value(place)));
                draft.inputs.sort_by_key(|(_, coin)| std::cmp::Reverse(coin.value));
            }
        }
        parts.order = order;
    }

    fn locktime(&mut self, how: Locktime) -> u32 {
        let last = self.now.height - 1;
        match how {
            Locktime::Zero => 0,
            Locktime::HeightOrBefore if self.random.chance(100) => last.saturating_sub(self.random.below(100) as u32),
            Locktime::Height | Locktime::HeightOrBefore => last,
        }
    }

    fn write_inputs(&mut self, draft: &Draft, profile: &Profile, parts: &mut Parts) {
        compact_size(draft.inputs.len() as u64, &mut parts.body);
        for (_, coin) in &draft.inputs {
            parts.body.extend_from_slice(&coin.txid);
            parts.body.extend_from_slice(&coin.position.to_le_bytes());
            self.keys.unlock(coin.address, profile.low_r, &mut self.random, &mut parts.body, &mut parts.witness);
            parts.body.extend_from_slice(&profile.sequence.to_le_bytes());
        }
    }

    /// Puts a transaction's bytes together at the end of the block; returns its id.
    fn append(&mut self, version: u32, parts: &Parts, locktime: u32, has_witness: bool) -> [u8; 32] {
        let (version, locktime, block) = (version.to_le_bytes(), locktime.to_le_bytes(), &mut self.block);
        let start = block.bytes.len();
        block.bytes.extend_from_slice(&version);
        if has_witness {
            block.bytes.extend_from_slice(&[0, 1]);
        }
        block.bytes.extend_from_slice(&parts.body);
        if has_witness {
            block.bytes.extend_from_slice(&parts.witness);
        }
        block.bytes.extend_from_slice(&locktime);
        let whole = double_sha256(&[&block.bytes[start..]]);
        let txid = if has_witness { double_sha256(&[&version, &parts.body, &locktime]) } else { whole };
        block.txids.push(txid);
        block.wtxids.push(whole);
        block.has_witness |= has_witness;
        block.weight += (block.bytes.len() - start + 3 * (8 + parts.body.len())) as u64;
        txid
    }

    /// Notes the addresses that were never paid before, in the order of the outputs.
    fn keep_scripts(&mut self, draft: &Draft, parts: &Parts) {
        for place in &parts.order {
            let output = &draft.outputs[*place as usize];
            let Some(role) = output.fresh else { continue };
            self.block.scripts.extend_from_slice(parts.script(*place));
            let entity = output.purse.map_or(self.burner, |purse| self.entity_of(purse));
            let script_end = self.block.scripts.len() as u32;
            self.block.addresses.push(AddressRow { script_end, entity, role, customer: output.customer });
        }
    }

    /// Moves the coins, and notes what the truth will tell.
    fn book(&mut self, draft: &Draft, order: &[u32], txid: [u8; 32]) {
        let (put_in, paid) = (draft.put_in(), draft.paid());
        self.block.fees += put_in.checked_sub(paid).expect("a draft pays no more than it spends");
        draft.inputs.iter().for_each(|(entity, coin)| self.books.change(*entity, -(coin.value as i64)));
        self.placed.clear();
        self.placed.resize(order.len(), 0);
        for (position, place) in order.iter().enumerate() {
            self.placed[*place as usize] = position as u32;
            let output = &draft.outputs[*place as usize];
            let entity = output.purse.map(|purse| self.entity_of(purse));
            self.block.outputs.push(OutputRow { value: output.value, entity, what: output.what });
        }
        self.kept.clear();
        self.first_input = draft.inputs[0].1.address;
        for (place, output) in draft.outputs.iter().enumerate() {
            self.receive(output, Coin { txid, value: output.value, position: self.placed[place], address: output.address });
        }
        let (entity, why, profile) = (draft.entity, draft.why, draft.profile);
        self.block.transactions.push(TransactionRow { txid, entity, why, profile, outputs: order.len() as u32 });
    }

    fn receive(&mut self, output: &Pay, coin: Coin) {
        match output.purse {
            None => {
                self.has_burnt |= output.what == What::Lost;
                self.books.change(self.burner, coin.value as i64);
            }
            Some(purse) => {
                self.books.change(self.entity_of(purse), coin.value as i64);
                if output.fresh.is_some() && output.what != What::Change {
                    self.wallet(purse).address = output.address;
                }
                if output.kept { self.kept.push(coin) } else { self.wallet(purse).coins.push(coin) }
            }
        }
    }
}

fn ends_with_change(outputs: &[Pay]) -> bool {
    outputs.last().is_some_and(|output| output.what == What::Change)
}

/// What BIP69 orders inputs by: the id as it is shown, then the position.
fn bip69(coin: &Coin) -> ([u8; 32], u32) {
    let mut shown = coin.txid;
    shown.reverse();
    (shown, coin.position)
}

fn write_outputs(draft: &Draft, parts: &mut Parts) {
    let mut body = std::mem::take(&mut parts.body);
    compact_size(parts.order.len() as u64, &mut body);
    for place in &parts.order {
        let script = parts.script(*place);
        body.extend_from_slice(&draft.outputs[*place as usize].value.to_le_bytes());
        body.push(script.len() as u8);
        body.extend_from_slice(script);
    }
    parts.body = body;
}
