//! Change rules as they stand in a recipe: a tree of rules with their versions and options.

use std::any::Any;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::chain::{Chain, Feature, txid_named};
use crate::change::{
    ChangeRule, Choice, ChosenBy, OneTimeChange, Operator, Optimal, PowerOfTen, Primitive, RoundFiat, RuleNode, SameSoftware,
    named, outputs_of_rows,
};
use crate::error::{Error, Result};
use crate::ids::OutNum;
use crate::recipe::{Recipe, check_version};

impl ChangeRule {
    /// The rule as a value, users' own as what they chose as of the chain's height; what may be long goes to the inputs of the recipe.
    pub fn form(&self, chain: &Chain, recipe: &mut Recipe) -> Result<Value> {
        self.as_of(chain)?.form_as_of(chain, recipe)
    }

    fn form_as_of(&self, chain: &Chain, recipe: &mut Recipe) -> Result<Value> {
        Ok(match self.node() {
            RuleNode::Primitive(primitive) => primitive_form(&**primitive, chain, recipe)?,
            RuleNode::Pair(operator, a, b) => {
                json!({ operator.name(): [a.form_as_of(chain, recipe)?, b.form_as_of(chain, recipe)?] })
            }
            RuleNode::Unique(rule) => json!({ "unique": rule.form_as_of(chain, recipe)? }),
        })
    }

    /// The rule of a value.
    pub fn of_form(chain: &Chain, form: &Value, recipe: &Recipe) -> Result<ChangeRule> {
        let (name, parts) = form.as_object().and_then(|members| members.iter().next()).ok_or_else(|| unknown(form))?;
        let part = |place: usize| ChangeRule::of_form(chain, &parts[place], recipe);
        let rule = match name.as_str() {
            "union" => part(0)?.union(&part(1)?),
            "intersection" => part(0)?.intersection(&part(1)?),
            "difference" => part(0)?.difference(&part(1)?),
            "unique" => ChangeRule::of_form(chain, parts, recipe)?.unique(),
            _ => ChangeRule::of(primitive_of_form(chain, form, recipe)?),
        };
        rule.checked()
    }
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Operator::Union => "union",
            Operator::Intersection => "intersection",
            Operator::Difference => "difference",
        }
    }
}

fn unknown(form: &Value) -> Error {
    Error::Recipe { what: format!("this satrail has no change rule that reads {form}") }
}

fn primitive_form(primitive: &dyn Primitive, chain: &Chain, recipe: &mut Recipe) -> Result<Value> {
    let (definition, any) = (primitive.definition(), primitive as &dyn Any);
    let options = match (any.downcast_ref::<Choice>(), any.downcast_ref::<RoundFiat>()) {
        (Some(given), _) if given.source() == ChosenBy::Function => {
            return Ok(json!({ "python_function": given.name(), "outputs": given.digest() }));
        }
        (Some(given), _) => json!({ "name": given.name(), "outputs": recipe.put_input(outputs(chain, given)?)? }),
        (_, Some(prices)) => prices_form(prices, recipe)?,
        _ => with_lists_as_inputs(primitive.arguments(), recipe)?,
    };
    Ok(json!({ "rule": definition.name, "version": definition.version, "options": options }))
}

fn with_lists_as_inputs(mut options: Value, recipe: &mut Recipe) -> Result<Value> {
    for option in options.as_object_mut().into_iter().flat_map(|options| options.values_mut()) {
        if option.is_array() {
            *option = recipe.put_input(option.take())?;
        }
    }
    Ok(options)
}

fn primitive_of_form(chain: &Chain, form: &Value, recipe: &Recipe) -> Result<Arc<dyn Primitive>> {
    let options = Options { form, recipe, options: &form["options"] };
    let name = form["rule"].as_str().unwrap_or_default();
    let primitive: Arc<dyn Primitive> = match name {
        "power_of_ten" => Arc::new(PowerOfTen { digits: options.number("digits")? }),
        "optimal" => Arc::new(Optimal { with_fee: options.flag("with_fee")? }),
        "fingerprint" => Arc::new(SameSoftware::new(options.features()?)?),
        "one_time_change" => Arc::new(options.one_time_change()?),
        "round_fiat" => Arc::new(options.prices()?),
        "table" => Arc::new(options.table(chain)?),
        _ => {
            let found = named().find(|definition| definition.name == name).and_then(|definition| definition.default);
            found.ok_or_else(|| unknown(form))?()
        }
    };
    check_version(name, &form["version"], primitive.definition().version)?;
    Ok(primitive)
}

/// Prices in hundredths of the currency, by moments in seconds UTC.
fn prices_form(prices: &RoundFiat, recipe: &mut Recipe) -> Result<Value> {
    let cents: Vec<Value> = prices.cents().iter().map(|(moment, cents)| json!([moment, cents])).collect();
    Ok(json!({
        "cents": recipe.put_input(cents.into())?,
        "unit_in_cents": prices.unit(),
        "tolerance_in_millionths": prices.tolerance(),
    }))
}

/// The outputs of a table, by name.
fn outputs(chain: &Chain, given: &Choice) -> Result<Value> {
    let name = |number: u64| chain.output_at(OutNum(number))?.outpoint();
    Ok(given.outputs().iter().map(name).collect::<Result<Vec<String>>>()?.into())
}

/// The options of a rule in a recipe.
struct Options<'a> {
    form: &'a Value,
    recipe: &'a Recipe,
    options: &'a Value,
}

impl Options<'_> {
    fn number<N: TryFrom<u64>>(&self, name: &str) -> Result<N> {
        let number = self.options[name].as_u64().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| unknown(self.form))
    }

    fn flag(&self, name: &str) -> Result<bool> {
        self.options[name].as_bool().ok_or_else(|| unknown(self.form))
    }

    fn list<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Vec<T>> {
        let list = self.recipe.input_of(&self.options[name])?.ok_or_else(|| unknown(self.form))?;
        serde_json::from_value(list.clone()).map_err(|_| unknown(self.form))
    }

    fn features(&self) -> Result<Vec<Feature>> {
        self.list::<String>("features")?.iter().map(|name| Feature::from_name(name)).collect()
    }

    fn one_time_change(&self) -> Result<OneTimeChange> {
        let wait = if self.options["wait"].is_null() { None } else { Some(self.number("wait")?) };
        OneTimeChange::new(wait, self.list("gambling")?, self.flag("skip_self_change")?)
    }

    fn prices(&self) -> Result<RoundFiat> {
        let cents = self.list::<(i64, u64)>("cents")?.into_iter().collect();
        RoundFiat::new(cents, self.number("unit_in_cents")?, self.number("tolerance_in_millionths")?)
    }

    fn table(&self, chain: &Chain) -> Result<Choice> {
        let name = self.options["name"].as_str().ok_or_else(|| unknown(self.form))?;
        let row = |output: &String| -> Result<([u8; 32], u64)> {
            let (txid, position) = output.split_once(':').ok_or_else(|| unknown(self.form))?;
            Ok((txid_named(txid)?, position.parse().map_err(|_| unknown(self.form))?))
        };
        let rows = self.list("outputs")?.iter().map(row).collect::<Result<Vec<_>>>()?;
        Ok(Choice::new(ChosenBy::Table, name.to_string(), outputs_of_rows(chain, name, &rows)?))
    }
}
