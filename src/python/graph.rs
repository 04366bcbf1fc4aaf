//! A trace's graph, and the questions that are asked of what a trace moved.

use pyo3::prelude::*;

use crate::python::convert;
use crate::python::given::ends::{Ends, both, end};
use crate::python::progress::while_not_interrupted;
use crate::python::recipe::made_by_recipe;
use crate::python::show;
use crate::python::table::PyTable;
use crate::table::Table;
use crate::trace::Trace;
use crate::trace::graph::recipe::recipe;
use crate::trace::graph::{Best, Level, Movements, TraceGraph, Which};

/// Who paid whom how much of the money of a trace. Edges lead from payer to payee, in the direction of time, whatever the
/// direction of the trace; what a wallet or an address paid to itself is not an edge.
///
/// Examples
/// --------
/// >>> graph = chain.trace(chain.block(150).transactions()[0], max_tx_hops=3).graph("address")
/// >>> nodes = graph.nodes().to_pydict()
/// >>> sum(nodes["held"]) == sum(nodes["source"])
/// True
/// >>> graph.edges().columns[:5]
/// ['from', 'to', 'from_name', 'to_name', 'amount']
/// >>> graph.write("flow.graphml")
#[pyclass(name = "TraceGraph", module = "satrail", frozen)]
pub struct PyTraceGraph {
    trace: Trace,
    level: Level,
    direction: String,
    nodes: Table,
    edges: Table,
}

made_by_recipe!(PyTraceGraph, |graph| graph.trace.chain(), |graph| recipe(&graph.trace, graph.level));

#[pymethods]
impl PyTraceGraph {
    /// What the nodes are: "transaction", "address" or "wallet".
    #[getter]
    fn level(&self) -> &'static str {
        self.level.name()
    }

    /// The direction of the trace: "out" or "in".
    #[getter]
    fn direction(&self) -> &str {
        &self.direction
    }

    /// The height that the trace is as of.
    #[getter]
    fn height(&self) -> u32 {
        self.trace.chain().height().0
    }

    /// One row a node, sources first: node (its number, from 0), kind ("transaction", "address", "wallet", "fees", "subsidy",
    /// "unclaimed" or "unexplained"), name (the txid, the address, or the first address of a wallet's cluster), number
    /// (of the transaction or address, or the cluster's name), label (of the stop set), is_source, source (satoshi that the trace
    /// begins with here), amount_in, amount_out (satoshi of its edges), kept (satoshi that it paid to itself), held (satoshi with
    /// which the trace ended here, whatever the reason), joined (satoshi that poison added).
    ///
    /// At every node source + joined + amount_in = amount_out + held where the trace goes out, and source + joined + amount_out =
    /// amount_in + held where it goes in.
    fn nodes(&self) -> PyTable {
        PyTable(self.nodes.clone())
    }

    /// One row an edge, from payer to payee: from, to (numbers of nodes), from_name, to_name, amount (satoshi), transactions (how
    /// many), first_height, last_height, first_time, last_time (microseconds UTC).
    fn edges(&self) -> PyTable {
        PyTable(self.edges.clone())
    }

    /// A networkx.DiGraph: nodes by number, with the columns of the tables as attributes; what is null is left out.
    ///
    /// Raises
    /// ------
    /// ImportError : networkx is not installed.
    #[pyo3(signature = () -> "networkx.DiGraph")]
    fn to_networkx<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf, "to_networkx")
    }

    /// A rustworkx.PyDiGraph: indices are the numbers of the nodes, weights are dicts of the columns of the tables.
    ///
    /// Raises
    /// ------
    /// ImportError : rustworkx is not installed.
    #[pyo3(signature = () -> "rustworkx.PyDiGraph")]
    fn to_rustworkx<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf, "to_rustworkx")
    }

    /// A directed igraph.Graph: vertices are numbered as the nodes, with the columns of the tables as attributes.
    ///
    /// Raises
    /// ------
    /// ImportError : igraph is not installed.
    #[pyo3(signature = () -> "igraph.Graph")]
    fn to_igraph<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        helper(slf, "to_igraph")
    }

    /// Writes the graph to a file, whose suffix says how: .graphml, .gexf, .dot, .json (node-link, as networkx.node_link_graph
    /// reads it), .csv or .parquet (the edges; the nodes beside them, as NAME.nodes.csv). Times are texts in ISO 8601. In GEXF
    /// and DOT the label of the stop set is called stop_label, and in DOT the name is the tooltip.
    ///
    /// Raises
    /// ------
    /// FileExistsError : there is such a file, and `overwrite` is not True.
    /// ValueError : the suffix is none of these.
    #[pyo3(signature = (path: "str | PathLike[str]", /, *, overwrite = false) -> "None")]
    fn write(slf: &Bound<'_, Self>, path: &Bound<'_, PyAny>, overwrite: bool) -> PyResult<()> {
        slf.py().import("satrail._graph")?.call_method1("write", (slf, path, overwrite)).map(drop)
    }

    fn __repr__(&self) -> String {
        let (nodes, edges) = (show::number(self.nodes.num_rows()), show::number(self.edges.num_rows()));
        let about = format!("level={}, direction={}, height={}", self.level(), self.direction, self.height());
        format!("TraceGraph({about}, {nodes} nodes, {edges} edges)")
    }

    fn _repr_html_(&self) -> String {
        let facts = [
            ("level", self.level().to_string()),
            ("direction", self.direction.clone()),
            ("as of height", self.height().to_string()),
            ("nodes", show::number(self.nodes.num_rows())),
            ("edges", show::number(self.edges.num_rows())),
        ];
        show::facts("TraceGraph", &facts)
    }
}

fn helper<'py>(graph: &Bound<'py, PyTraceGraph>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    graph.py().import("satrail._graph")?.call_method1(name, (graph,))
}

fn moved(py: Python<'_>, trace: &Trace) -> PyResult<Movements> {
    while_not_interrupted(py, |go_on| trace.moved(|_| go_on()))
}

/// The movements of a trace as a table.
pub fn movements(py: Python<'_>, trace: &Trace) -> PyResult<PyTable> {
    let movements = moved(py, trace)?;
    Ok(PyTable(py.detach(|| movements.table(movements.rows()))?))
}

/// The graph of a trace at a level.
pub fn graph(py: Python<'_>, trace: &Trace, level: &str) -> PyResult<PyTraceGraph> {
    let level = Level::from_name(level)?;
    let movements = moved(py, trace)?;
    let graph: TraceGraph = while_not_interrupted(py, |go_on| movements.graph(level, go_on))?;
    Ok(PyTraceGraph {
        trace: trace.clone(),
        level,
        direction: graph.direction().name().to_string(),
        nodes: graph.nodes(),
        edges: graph.edges(),
    })
}

/// The best paths from one end to another.
pub fn paths(py: Python<'_>, trace: &Trace, ends: Ends<'_, '_>, k: Option<&Bound<'_, PyAny>>, best: &str) -> PyResult<PyTable> {
    let (best, k) = (Best::from_name(best)?, k.map_or(Ok(10), |k| convert::count("k", k, 1..=10_000))?);
    let movements = moved(py, trace)?;
    let (from, to) = both(&movements, ends)?;
    let found = while_not_interrupted(py, |go_on| movements.paths(&from, &to, best, k as usize, go_on))?;
    Ok(PyTable(py.detach(|| movements.paths_table(&found))?))
}

/// What at least a share of the money that reaches some ends passes.
pub fn choke_points(py: Python<'_>, trace: &Trace, ends: Option<&Bound<'_, PyAny>>, level: &str, share: f64) -> PyResult<PyTable> {
    let level = Level::from_name(level)?;
    let movements = moved(py, trace)?;
    let ends = end(&movements, ends, Which::Ends)?;
    let found = while_not_interrupted(py, |go_on| movements.choke_points(&ends, level, share, go_on))?;
    Ok(PyTable(py.detach(|| movements.choke_points_table(&found))?))
}

/// The smallest sum of movements whose removal separates two ends.
pub fn min_cut(py: Python<'_>, trace: &Trace, ends: Ends<'_, '_>) -> PyResult<PyTable> {
    let movements = moved(py, trace)?;
    let (from, to) = both(&movements, ends)?;
    let cut = while_not_interrupted(py, |go_on| movements.min_cut(&from, &to, go_on))?;
    Ok(PyTable(py.detach(|| movements.cut_table(&cut))?))
}
