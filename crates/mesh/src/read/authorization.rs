//! AuthorizationPolicy.
//!
//! Source: `istio/api` `security/v1beta1/authorization_policy.proto`.

use meshgen_yaml::{Node, Problem};

use super::{
    Object, broken,
    fields::{Fields, Trouble},
};
use crate::{Action, Attribute, AuthorizationPolicy, Condition, Rule, Scope, Selector, TargetRef};

type Read<T> = Result<T, Trouble>;

pub(super) fn policy(o: &Object<'_>, problems: &mut Vec<Problem>) -> AuthorizationPolicy {
    let dry_run = o.meta.annotations.get("istio.io/dry-run");
    let mut read = AuthorizationPolicy {
        meta: o.meta.clone(),
        action: Action::Allow,
        provider: None,
        // What Go's `strconv.ParseBool` takes for true.
        dry_run: dry_run.is_some_and(|v| ["1", "t", "T", "TRUE", "true", "True"].contains(&v.as_str())),
        scope: Scope::Selected(Selector::default()),
        rules: Vec::new(),
        broken: None,
    };
    if let Some(spec) = o.node.at(&["spec"])
        && let Err(trouble) = fill(&mut read, spec)
    {
        read.broken = Some(broken(o, &trouble, problems));
    }
    read
}

fn fill(read: &mut AuthorizationPolicy, spec: &Node) -> Read<()> {
    let (scope, understood) = scope(Some(spec));
    read.scope = scope;
    understood?;
    spec.only(&["selector", "targetRef", "targetRefs", "rules", "action", "provider"])?;
    read.action = match spec.word(&["action"]) {
        None | Some("ALLOW") => Action::Allow,
        Some("DENY") => Action::Deny,
        Some("AUDIT") => Action::Audit,
        Some("CUSTOM") => Action::Custom,
        Some(other) => return Err(spec.trouble(format!("the action `{other}` is not known"))),
    };
    read.provider = spec.word(&["provider", "name"]).map(str::to_owned);
    read.rules = spec.list(&["rules"]).iter().filter(|r| !r.is_null()).map(rule).collect::<Read<_>>()?;
    Ok(())
}

/// Whom a policy binds, and whether that is understood.
pub(super) fn scope(spec: Option<&Node>) -> (Scope, Read<()>) {
    let Some(spec) = spec else { return (Scope::Selected(Selector::default()), Ok(())) };
    let one = spec.at(&["targetRef"]).into_iter();
    let targets: Vec<TargetRef> = one.chain(spec.list(&["targetRefs"])).map(target).collect();
    if targets.is_empty() {
        let (selector, understood) = spec.workload_selector(&["selector"]);
        (Scope::Selected(selector), understood)
    } else {
        (Scope::Targets(targets), Ok(()))
    }
}

fn target(node: &Node) -> TargetRef {
    let word = |key| node.word(&[key]).unwrap_or_default().to_owned();
    TargetRef { kind: word("kind"), name: word("name") }
}

fn rule(node: &Node) -> Read<Rule> {
    node.only(&["from", "to", "when"])?;
    let source = |n: &Node| {
        n.only(&["source"])?;
        n.at(&["source"]).map_or(Ok(Vec::new()), |s| conditions(s, &SOURCE))
    };
    let operation = |n: &Node| {
        n.only(&["operation"])?;
        n.at(&["operation"]).map_or(Ok(Vec::new()), |s| conditions(s, &OPERATION))
    };
    Ok(Rule {
        from: node.list(&["from"]).iter().map(source).collect::<Read<_>>()?,
        to: node.list(&["to"]).iter().map(operation).collect::<Read<_>>()?,
        when: node.list(&["when"]).iter().map(when).collect::<Read<_>>()?,
        place: node.place,
    })
}

/// The fields of a source or an operation: the positive name, the negative one, and what they are about.
type Names = (&'static str, &'static str, Attribute);

const SOURCE: [Names; 7] = [
    ("principals", "notPrincipals", Attribute::Principal),
    ("requestPrincipals", "notRequestPrincipals", Attribute::RequestPrincipal),
    ("namespaces", "notNamespaces", Attribute::Namespace),
    ("serviceAccounts", "notServiceAccounts", Attribute::ServiceAccount),
    ("trustDomains", "notTrustDomains", Attribute::TrustDomain),
    ("ipBlocks", "notIpBlocks", Attribute::Ip),
    ("remoteIpBlocks", "notRemoteIpBlocks", Attribute::RemoteIp),
];

const OPERATION: [Names; 4] = [
    ("hosts", "notHosts", Attribute::Host),
    ("ports", "notPorts", Attribute::Port),
    ("methods", "notMethods", Attribute::Method),
    ("paths", "notPaths", Attribute::Path),
];

fn conditions(node: &Node, names: &[Names]) -> Read<Vec<Condition>> {
    let known: Vec<&str> = names.iter().flat_map(|(yes, no, _)| [*yes, *no]).collect();
    node.only(&known)?;
    let all = names.iter().map(|(yes, no, attribute)| Condition {
        attribute: attribute.clone(),
        values: node.words(&[yes]),
        not_values: node.words(&[no]),
    });
    Ok(all.filter(|c| !c.values.is_empty() || !c.not_values.is_empty()).collect())
}

fn when(node: &Node) -> Read<Condition> {
    node.only(&["key", "values", "notValues"])?;
    let key = node.word(&["key"]).ok_or_else(|| node.trouble("a `key` is missing"))?;
    Ok(Condition {
        attribute: Attribute::of_key(key),
        values: node.words(&["values"]),
        not_values: node.words(&["notValues"]),
    })
}
