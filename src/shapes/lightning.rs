//! Lightning channels, as far as their funding output is a script hash that two keys open (BOLT 3). Channels whose output is a taproot
//! key that both agree on cannot be told from payments.

use crate::chain::OutputFacts;
use crate::error::Result;
use crate::script::Kind;
use crate::shapes::around::{Around, Hidden};
use crate::shapes::look::Look;
use crate::shapes::record::{Found, Go, Record};

/// The high byte of a commitment transaction's locktime, and that of its input's sequence.
const COMMITMENT: (u32, u32) = (0x20, 0x80);

/// It makes an output of which it turned out later that two keys open it.
pub(super) fn lightning_open(look: &Look, around: &dyn Around, record: &mut impl Record) -> Go {
    record.at_least("inputs", look.inputs(), 1u64)?;
    let channels = || look.facts.outputs.iter().filter(|output| output.kind == Kind::P2wsh);
    record.at_least("p2wsh_outputs", channels().count(), 1u64)?;
    let channel = if record.settled() { None } else { any_channel(channels(), around)? };
    record.answer("two_of_two", channel, "a p2wsh output of two sorted keys, both needed")
}

fn any_channel<'a>(outputs: impl Iterator<Item = &'a OutputFacts>, around: &dyn Around) -> Result<Option<bool>> {
    let mut answer = Some(false);
    for output in outputs {
        match around.hidden(output.address)? {
            Hidden::Channel => return Ok(Some(true)),
            Hidden::Unknown => answer = None,
            Hidden::Other => {}
        }
    }
    Ok(answer)
}

/// It spends such an output. The marks of a commitment transaction say that one side closed the channel by itself.
pub(super) fn lightning_close(look: &Look, around: &dyn Around, record: &mut impl Record) -> Go {
    let facts = look.facts;
    record.exactly("inputs", look.inputs(), 1u64)?;
    let input = facts.inputs.first();
    record.holds("p2wsh_input", input.is_some_and(|input| input.kind == Kind::P2wsh), "a p2wsh input")?;
    let channel = match input {
        Some(input) if !record.settled() => match around.hidden(input.address)? {
            Hidden::Channel => Some(true),
            Hidden::Other => Some(false),
            Hidden::Unknown => None,
        },
        _ => None,
    };
    record.answer("two_of_two", channel, "an input of two sorted keys, both needed")?;
    let marks = (facts.locktime >> 24, input.map_or(0, |input| input.sequence >> 24));
    let passed = match marks == COMMITMENT {
        true => Some(true),
        // Both sides together pay one output to each, and their payment has no mark.
        false => (look.outputs() > 2).then_some(false),
    };
    let wanted = || "locktime 0x20...... and sequence 0x80......, or else more than two outputs are against it".to_string();
    record.note("commitment", passed, || (Found::Flag(marks == COMMITMENT), wanted()))
}
