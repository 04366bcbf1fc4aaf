//! The parameters of a trace, defined once for all calls that take them.

use pyo3::prelude::*;

use crate::chain::Chain;
use crate::cluster::Clusters;
use crate::python::convert;
use crate::python::given::{Named, moment, stops};
use crate::recipe::MOST;
use crate::trace::{AsGiven, BUDGET, Direction, Fees, TraceOptions};

/// What a caller says of how a trace is to be done, besides its source, its policy and where it stops.
#[derive(Clone, Copy)]
pub struct TraceParameters<'a, 'py> {
    pub direction: &'a str,
    pub clusters: Option<&'a Bound<'py, PyAny>>,
    pub max_hops: Option<&'a Bound<'py, PyAny>>,
    pub max_tx_hops: Option<&'a Bound<'py, PyAny>>,
    pub min_value: Option<&'a Bound<'py, PyAny>>,
    pub since: Option<&'a Bound<'py, PyAny>>,
    pub until: Option<&'a Bound<'py, PyAny>>,
    pub fees: &'a str,
    pub budget: Option<&'a Bound<'py, PyAny>>,
}

impl TraceParameters<'_, '_> {
    /// The options that are meant, with these stops and clusters.
    pub fn options(&self, chain: &Chain, stop_at: Option<&Named<'_>>, clusters: Option<Clusters>) -> PyResult<TraceOptions> {
        let hops = |name, given: Option<&Bound<'_, PyAny>>| given.map(|hops| convert::count(name, hops, 0..=u32::MAX)).transpose();
        Ok(TraceOptions {
            direction: Direction::from_name(self.direction)?,
            fees: Fees::from_name(self.fees)?,
            stops: stops::stops(chain, stop_at, clusters.as_ref())?,
            clusters,
            max_hops: hops("max_hops", self.max_hops)?,
            max_tx_hops: hops("max_tx_hops", self.max_tx_hops)?,
            min_value: self.min_value.map(|given| convert::whole("min_value", given, 0)).transpose()?.map(|least| least.min(MOST)),
            since: moment::cut_bound(chain, self.since)?,
            until: moment::cut_bound(chain, self.until)?,
            as_given: AsGiven { since: moment::as_given(self.since)?, until: moment::as_given(self.until)? },
            budget: self.budget.map_or(Ok(BUDGET), |given| convert::whole("budget", given, 1))?,
            ..TraceOptions::default()
        })
    }
}

/// A method of the chain that takes the parameters of a trace behind its own, as keywords that editors complete.
macro_rules! takes_trace_parameters {
    (
        $(#[$($attribute:tt)*])*
        fn $name:ident(&$self:ident, $given:ident, $($own:tt)*) -> $result:ty
        where signature = ($($signature:tt)*), clusters = $clusters:tt, returns = $returns:tt
        { $($body:tt)* }
    ) => {
        #[pymethods]
        impl $crate::python::chain::PyChain {
            $(#[$($attribute)*])*
            #[pyo3(signature = (
                $($signature)*,
                direction: "Direction" = "out",
                clusters: $clusters = None,
                max_hops: "int | None" = None,
                max_tx_hops: "int | None" = None,
                min_value: "int | None" = None,
                since: "Moment | None" = None,
                until: "Moment | None" = None,
                fees: "Fees" = "report",
                budget: "int | None" = None
            ) -> $returns)]
            #[allow(clippy::too_many_arguments)]
            fn $name<'py>(
                &$self,
                $($own)*,
                direction: &str,
                clusters: Option<&Bound<'py, PyAny>>,
                max_hops: Option<&Bound<'py, PyAny>>,
                max_tx_hops: Option<&Bound<'py, PyAny>>,
                min_value: Option<&Bound<'py, PyAny>>,
                since: Option<&Bound<'py, PyAny>>,
                until: Option<&Bound<'py, PyAny>>,
                fees: &str,
                budget: Option<&Bound<'py, PyAny>>,
            ) -> $result {
                let $given = $crate::python::given::trace_parameters::TraceParameters {
                    direction, clusters, max_hops, max_tx_hops, min_value, since, until, fees, budget,
                };
                $($body)*
            }
        }
    };
}
pub(in crate::python) use takes_trace_parameters;
