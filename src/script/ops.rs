//! Walking a script opcode by opcode, without executing it.

pub(super) const PUSHDATA1: u8 = 0x4c;
pub(super) const PUSHDATA2: u8 = 0x4d;
pub(super) const PUSHDATA4: u8 = 0x4e;
pub(super) const ONE_NEGATE: u8 = 0x4f;
pub(super) const NUMBER_1: u8 = 0x51;
pub(super) const NUMBER_16: u8 = 0x60;
pub(super) const RETURN: u8 = 0x6a;
pub(super) const DUP: u8 = 0x76;
pub(super) const EQUAL: u8 = 0x87;
pub(super) const EQUALVERIFY: u8 = 0x88;
pub(super) const HASH160: u8 = 0xa9;
pub(super) const CHECKSIG: u8 = 0xac;
pub(super) const CHECKMULTISIG: u8 = 0xae;

/// What the opcodes `OP_1` to `OP_16` put on the stack.
const NUMBERS: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/// One opcode with the bytes that follow it as its data (none for opcodes that carry no data).
#[derive(Clone, Copy, Debug)]
pub(super) struct Op<'a> {
    pub code: u8,
    pub data: &'a [u8],
}

impl<'a> Op<'a> {
    /// What the opcode puts on the stack, when it only pushes.
    fn pushed(self) -> Option<&'a [u8]> {
        match self.code {
            0..=PUSHDATA4 => Some(self.data),
            ONE_NEGATE => Some(&[0x81]),
            NUMBER_1..=NUMBER_16 => {
                let number = usize::from(self.code - NUMBER_1);
                Some(&NUMBERS[number..=number])
            }
            _ => None,
        }
    }
}

/// Takes the first opcode off `rest`. At the end, and at a push that promises more bytes than there are, gives `None` and leaves
/// `rest` as it is: so an empty `rest` afterwards means that the script was well formed.
#[inline]
pub(super) fn take_op<'a>(rest: &mut &'a [u8]) -> Option<Op<'a>> {
    let (&code, after) = rest.split_first()?;
    let (len, after) = match code {
        0..PUSHDATA1 => (usize::from(code), after),
        PUSHDATA1 => take_len::<1>(after)?,
        PUSHDATA2 => take_len::<2>(after)?,
        PUSHDATA4 => take_len::<4>(after)?,
        _ => (0, after),
    };
    let (data, after) = after.split_at_checked(len)?;
    *rest = after;
    Some(Op { code, data })
}

/// A little-endian length of `N` bytes.
fn take_len<const N: usize>(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (len, after) = bytes.split_first_chunk::<N>()?;
    let len = len.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    Some((len, after))
}

/// Whether the script only pushes, in the sense of Bitcoin Core: no opcode above `OP_16` (`OP_RESERVED` counts as a push), and
/// every push complete.
pub(super) fn is_push_only(script: &[u8]) -> bool {
    let mut rest = script;
    while let Some(op) = take_op(&mut rest) {
        if op.code > NUMBER_16 {
            return false;
        }
    }
    rest.is_empty()
}

/// What the pushes of a script put on the stack, in order. Other opcodes are passed over; a push that promises more bytes than
/// there are quietly ends the list.
pub fn script_pushes(script: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = script;
    std::iter::from_fn(move || take_op(&mut rest)).filter_map(Op::pushed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::script::{Instruction, Script};
    use proptest::prelude::*;

    fn pushes(script: &[u8]) -> Vec<&[u8]> {
        script_pushes(script).collect()
    }

    #[test]
    fn every_push_form_gives_its_bytes() {
        let script = [0, 1, 7, PUSHDATA1, 1, 8, PUSHDATA2, 1, 0, 9, PUSHDATA4, 1, 0, 0, 0, 10];
        assert_eq!(pushes(&script), [&[][..], &[7], &[8], &[9], &[10]]);
        assert_eq!(pushes(&[ONE_NEGATE, NUMBER_1, NUMBER_16]), [&[0x81], &[1], &[16]]);
    }

    #[test]
    fn a_truncated_push_ends_the_list() {
        assert_eq!(pushes(&[1, 7, 5, 1, 2]), [&[7]]);
        assert_eq!(pushes(&[1, 7, PUSHDATA2, 1]), [&[7]]);
        assert_eq!(pushes(&[PUSHDATA4, 255, 255, 255, 255, 1]), [&[0u8; 0]; 0]);
    }

    #[test]
    fn other_opcodes_are_passed_over() {
        assert_eq!(pushes(&[1, 7, CHECKSIG, 0x50, 1, 8]), [&[7], &[8]]);
    }

    #[test]
    fn reserved_counts_as_a_push_and_nop_does_not() {
        assert!(is_push_only(&[0x50, 0, NUMBER_16]));
        assert!(!is_push_only(&[0x61]));
        assert!(!is_push_only(&[2, 1]));
    }

    proptest! {
        #[test]
        fn data_pushes_are_those_of_the_bitcoin_crate(script in proptest::collection::vec(0u8..0x50, 0..60)) {
            let theirs: Vec<Vec<u8>> = Script::from_bytes(&script)
                .instructions()
                .map_while(Result::ok)
                .map(|instruction| match instruction {
                    Instruction::PushBytes(bytes) => bytes.as_bytes().to_vec(),
                    Instruction::Op(_) => vec![0x81],
                })
                .collect();
            prop_assert_eq!(pushes(&script), theirs);
        }
    }
}
