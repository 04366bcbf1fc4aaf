//! What the public knows, as a TagPack: addresses of those entities that say themselves which are theirs.

use std::fmt::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::script::{Network, address_text, classify};
use crate::simulate::truth::words::Category;
use crate::simulate::world::World;

/// Writes tags.yaml.
pub(in crate::simulate) fn write(world: &World, folder: &Path, date: &str) -> Result<()> {
    let mut text = format!(
        "title: Public services of a simulated chain\ncreator: satrail simulate\ndescription: Addresses that simulated services have made known\n\
         is_public: true\ncurrency: BTC\nnetwork: regtest\nsource: satrail simulate\nconfidence: ownership\nlastmod: {date}\ntags:\n"
    );
    for (entity, address) in &world.public {
        let mut script = Vec::new();
        world.keys.script(*address, &mut script);
        let (kind, payload) = classify(&script);
        let Some(address) = address_text(Network::Regtest, kind, &script[payload]) else { continue };
        let category = concept(world.entities[*entity as usize].category);
        let name = world.name(*entity);
        let actor = name.replace(' ', "_");
        write!(text, "  - address: {address}\n    label: {name}\n    actor: {actor}\n    category: {category}\n    is_cluster_definer: true\n")
            .expect("writing to a String cannot fail");
    }
    let path = folder.join("tags.yaml");
    std::fs::write(&path, text).map_err(Error::io("write", &path))
}

/// The word that TagPacks have for a category.
fn concept(category: Category) -> &'static str {
    match category {
        Category::Exchange => "exchange",
        Category::Custodian => "wallet_service",
        Category::Merchant => "shop",
        Category::PaymentProcessor => "payment_processor",
        Category::Pool => "miner",
        Category::Gambling => "gambling",
        Category::CoinJoin => "coinjoin",
        Category::Donation => "donation",
        Category::Person | Category::HiddenService | Category::Investigator | Category::Burn => "user",
    }
}
