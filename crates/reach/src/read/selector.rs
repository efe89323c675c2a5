//! Label selectors of Kubernetes.

use meshgen_yaml::Node;

use super::fields::{Fields, Read};
use crate::select::{Operator, Requirement, Selector};

/// Source: apimachinery `meta/v1/types.go`, `LabelSelector`.
pub(super) fn selector(node: &Node) -> Read<Selector> {
    node.only(&["matchLabels", "matchExpressions"])?;
    let labels = node.labels(&["matchLabels"]);
    let plain = labels.iter().map(|(k, v)| Ok(Requirement::equal(k, v)));
    let mut expressions =
        node.list("matchExpressions").iter().map(requirement).collect::<Read<Vec<Requirement>>>()?;
    expressions.sort();
    let requirements = plain.chain(expressions.into_iter().map(Ok)).collect::<Read<_>>()?;
    Ok(Selector { requirements })
}

fn requirement(node: &Node) -> Read<Requirement> {
    node.only(&["key", "operator", "values"])?;
    let key = node.text("key").ok_or_else(|| node.trouble("a `key` is missing"))?;
    let word = node.text("operator").unwrap_or_default();
    let operator =
        Operator::parse(word).ok_or_else(|| node.trouble(format!("the operator `{word}` is not known")))?;
    let values = node.texts("values");
    let needs_values = matches!(operator, Operator::In | Operator::NotIn);
    if needs_values == values.is_empty() {
        let message = if needs_values { "needs values" } else { "takes no values" };
        return Err(node.trouble(format!("the operator `{word}` {message}")));
    }
    Ok(Requirement { key: key.to_owned(), operator, values, plain: false })
}
