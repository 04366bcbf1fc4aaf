//! The recipes of clusters, wallets, proofs and comparisons. The key of saved clusters and their equality are read from them.

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::change::ChangeRule;
use crate::cluster::{CannotLink, Clusters, CoinJoins, Proof, Rule, Settings, Wallet};
use crate::error::{Error, Result};
use crate::ids::AddrNum;
use crate::recipe::{Recipe, check_version};
use crate::shapes::{self, Thresholds};

/// The call that makes clusters.
pub const CLUSTER: &str = "chain.cluster";
/// The call that makes a wallet of some clusters.
pub const WALLET: &str = "clusters.wallet";
/// The call that makes a proof.
pub const WHY: &str = "clusters.why";
/// The call that compares clusters.
pub const COMPARE: &str = "clusters.compare";

impl Settings {
    /// The recipe of the clusters that these settings make of a chain.
    pub fn recipe(&self, chain: &Chain) -> Result<Recipe> {
        let mut recipe = Recipe::new(chain.identity()?.value(), CLUSTER);
        let rules = self.rules.iter().map(|rule| rule.form(chain, &mut recipe)).collect::<Result<Vec<_>>>()?;
        recipe = recipe.with("rules", rules).with("coinjoin", self.coinjoins.name());
        if self.coinjoins != CoinJoins::Include {
            recipe = recipe.with("shapes_version", shapes::COINJOIN_VERSION).with("thresholds", self.thresholds.form());
        }
        if self.cannot_link.is_empty() {
            return Ok(recipe);
        }
        recipe.with_input("cannot_link", self.cannot_link.content(chain)?)
    }

    /// The settings of a recipe.
    pub fn of_recipe(chain: &Chain, recipe: &Recipe) -> Result<Settings> {
        let wrong = |what: &str| Error::Recipe { what: format!("the recipe of clusters {what}") };
        let mut settings = Settings::of(chain.network());
        let rules = recipe.argument("rules").as_array().ok_or_else(|| wrong("has no rules"))?;
        settings.rules = rules.iter().map(|form| Rule::of_form(chain, form, recipe)).collect::<Result<_>>()?;
        let coinjoin = recipe.argument("coinjoin").as_str().ok_or_else(|| wrong("does not say what to do with CoinJoins"))?;
        settings.coinjoins = CoinJoins::from_name(coinjoin)?;
        if settings.coinjoins != CoinJoins::Include {
            check_version("the shapes of CoinJoins", recipe.argument("shapes_version"), shapes::COINJOIN_VERSION)?;
            settings.thresholds = Thresholds::of_form(recipe.argument("thresholds"))?;
        }
        if let Some(content) = recipe.input("cannot_link")? {
            settings.cannot_link = CannotLink::of_content(chain, content)?;
        }
        Ok(settings)
    }
}

impl Rule {
    /// The rule as it stands in a recipe.
    fn form(&self, chain: &Chain, recipe: &mut Recipe) -> Result<Value> {
        Ok(match self {
            Rule::CoSpend | Rule::SameKey => json!({ "rule": self.name(), "version": self.version() }),
            Rule::Change(rule) => json!({ "change": rule.form(chain, recipe)? }),
        })
    }

    fn of_form(chain: &Chain, form: &Value, recipe: &Recipe) -> Result<Rule> {
        if let Some(rule) = form.get("change") {
            return Ok(Rule::Change(ChangeRule::of_form(chain, rule, recipe)?));
        }
        let name = form.get("rule").and_then(Value::as_str).unwrap_or_default();
        let rule = [Rule::CoSpend, Rule::SameKey].into_iter().find(|rule| rule.name() == name);
        let rule = rule.ok_or_else(|| Error::Recipe { what: format!("this satrail has no rule that reads {form}") })?;
        check_version(name, form.get("version").unwrap_or(&Value::Null), rule.version())?;
        Ok(rule)
    }
}

impl CannotLink {
    /// The groups, as lists of addresses with the number of their owner.
    fn content(&self, chain: &Chain) -> Result<Value> {
        let group = |group: &Vec<(AddrNum, u32)>| -> Result<Value> {
            let member = |(address, owner): &(AddrNum, u32)| Ok(json!([chain.address_at(*address)?.name()?, owner]));
            Ok(Value::Array(group.iter().map(member).collect::<Result<_>>()?))
        };
        Ok(Value::Array(self.groups().iter().map(group).collect::<Result<_>>()?))
    }

    fn of_content(chain: &Chain, content: &Value) -> Result<CannotLink> {
        let wrong = || Error::Recipe { what: "the recipe's cannot-link groups are not lists of addresses and owners".to_string() };
        let mut all = CannotLink::default();
        for group in content.as_array().ok_or_else(wrong)? {
            let member = |member: &Value| -> Result<(AddrNum, u32)> {
                let owner = member.get(1).and_then(Value::as_u64).and_then(|owner| u32::try_from(owner).ok());
                let (name, owner) = member.get(0).and_then(Value::as_str).zip(owner).ok_or_else(wrong)?;
                Ok((chain.address(name)?.number(), owner))
            };
            let group = group.as_array().ok_or_else(wrong)?.iter().map(member).collect::<Result<_>>()?;
            all.add(group).map_err(|_| wrong())?;
        }
        Ok(all)
    }
}

impl Wallet {
    /// The call that makes it again: the addresses that name its clusters.
    pub fn recipe(&self) -> Result<Recipe> {
        let chain = self.clusters().chain();
        let names = self.names().iter().map(|name| chain.address_at(*name)?.name()).collect::<Result<Vec<_>>>()?;
        let recipe =
            Recipe::new(chain.identity()?.value(), WALLET).with_result("clusters", Some(self.clusters().recipe().clone()))?;
        Ok(recipe.with("addresses", names))
    }
}

/// The call that compares two clusterings.
pub fn comparison(first: &Clusters, second: &Clusters) -> Result<Recipe> {
    let recipe = Recipe::new(first.chain().identity()?.value(), COMPARE);
    recipe.with_result("first", Some(first.recipe().clone()))?.with_result("second", Some(second.recipe().clone()))
}

/// The addresses that a recipe names.
pub fn addresses(chain: &Chain, recipe: &Recipe) -> Result<Vec<AddrNum>> {
    let wrong = || Error::Recipe { what: "the recipe does not name its addresses".to_string() };
    let names = recipe.argument("addresses").as_array().ok_or_else(wrong)?;
    names.iter().map(|name| Ok(chain.address(name.as_str().ok_or_else(wrong)?)?.number())).collect()
}

impl Proof {
    /// The call that makes it again.
    pub fn recipe(&self) -> Result<Recipe> {
        let name = |address| self.chain().address_at(address)?.name();
        let recipe =
            Recipe::new(self.chain().identity()?.value(), WHY).with_result("clusters", Some(self.clusters().recipe().clone()))?;
        Ok(recipe.with("a", name(self.from())?).with("b", name(self.to())?).with("shortest", self.is_shortest()))
    }
}
