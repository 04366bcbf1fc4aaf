//! The words of the truth: categories, roles and purposes, as its files have them.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(in crate::simulate) enum $name {
            $($word,)*
        }

        impl $name {
            pub const fn text(self) -> &'static str {
                match self {
                    $($name::$word => $text,)*
                }
            }
        }
    };
}

words! {
    /// What an entity is.
    Category {
        Person = "person",
        Exchange = "exchange",
        Merchant = "merchant",
        PaymentProcessor = "payment_processor",
        Pool = "pool",
        Gambling = "gambling",
        CoinJoin = "coinjoin",
        Donation = "donation",
        Custodian = "custodian",
        HiddenService = "hidden_service",
        Investigator = "investigator",
        Burn = "burn",
    }
}

words! {
    /// What an address is for.
    Role {
        Receive = "receive",
        Change = "change",
        Deposit = "deposit",
        Hot = "hot",
        Cold = "cold",
        Payout = "payout",
        Donation = "donation",
        Reused = "reused",
        Coinbase = "coinbase",
    }
}

words! {
    /// Why a transaction was made.
    Why {
        Coinbase = "coinbase",
        Payment = "payment",
        Batch = "batch",
        Consolidation = "consolidation",
        Sweep = "sweep",
        Withdrawal = "withdrawal",
        BatchWithdrawal = "batch_withdrawal",
        Peel = "peel",
        SelfTransfer = "self_transfer",
        Tx0 = "tx0",
        Wasabi = "coinjoin_wasabi",
        Whirlpool = "coinjoin_whirlpool",
        JoinMarket = "coinjoin_joinmarket",
        PayJoin = "payjoin",
        Bet = "bet",
        PayBack = "pay_back",
        Donation = "donation",
        Dust = "dust",
        Data = "data",
    }
}

words! {
    /// What an output is for.
    What {
        Payment = "payment",
        Change = "change",
        Deposit = "deposit",
        Withdrawal = "withdrawal",
        Sweep = "sweep",
        Mix = "mix",
        MixChange = "mix_change",
        CoordinatorFee = "fee_to_coordinator",
        Coinbase = "coinbase",
        PayBack = "pay_back",
        Dust = "dust",
        Data = "data",
        Lost = "lost",
    }
}

words! {
    /// What happened on the books of a service.
    Movement {
        Deposit = "deposit",
        Withdrawal = "withdrawal",
        Transfer = "transfer",
    }
}

words! {
    /// How money left the hidden service.
    Route {
        Direct = "direct",
        PeelChain = "peel_chain",
        CoinJoin = "coinjoin",
    }
}

words! {
    /// Where the money of a payment to the hidden service came from.
    Funded {
        Exchange = "exchange",
        OneHop = "one_hop",
        Mixer = "mixer",
        OwnCoins = "own_coins",
    }
}

/// Countries, each with how many of the people live there.
pub(in crate::simulate) const COUNTRIES: [(&str, u32); 12] = [
    ("US", 260),
    ("KR", 200),
    ("GB", 110),
    ("DE", 90),
    ("JP", 70),
    ("CA", 60),
    ("BR", 50),
    ("NL", 45),
    ("ES", 40),
    ("PL", 30),
    ("CZ", 25),
    ("AU", 20),
];
