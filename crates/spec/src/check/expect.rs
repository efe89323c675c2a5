//! `expect`: the form of claims. Whether they hold is for the judge.

use meshgen_yaml::{At, Problem};

use crate::{Claim, Expectation, Name, Namespaces, Spec};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    for (name, group) in &spec.expect {
        form(name, group, problems);
        group.claims.iter().for_each(|claim| names(spec, claim, problems));
    }
}

/// What is wrong with a group whatever it speaks of.
pub(crate) fn form(name: &At<Name>, group: &Expectation, problems: &mut Vec<Problem>) {
    if group.claims.is_empty() {
        problems.push(
            Problem::error(name.place, format!("`{name}` claims nothing"))
                .help("add a claim, or leave it out"),
        );
    }
    group.claims.iter().for_each(|claim| claimed(claim, problems));
}

/// Whether a claim says one thing.
fn claimed(claim: &At<Claim>, problems: &mut Vec<Problem>) {
    let sources = [claim.from.is_some(), claim.from_namespaces.is_some(), claim.from_cidrs.is_some()];
    let sources = sources.into_iter().filter(|said| *said).count();
    let closed =
        [claim.only_from.is_some(), claim.only_via.is_some()].into_iter().filter(|said| *said).count();
    match (sources, claim.is, closed) {
        (1, Some(_), 0) | (0, None, 1 | 2) => {}
        (1, None, 0) => problems.push(
            Problem::error(claim.place, "the claim does not say what the client sees").help("add `is: open`, `timeout`, `reset`, …"),
        ),
        (2.., _, 0) => problems.push(
            Problem::error(claim.place, "a claim says one of `from`, `fromNamespaces`, `fromCidrs`").help("write a claim for each"),
        ),
        (0, Some(_), 0) => problems.push(
            Problem::error(claim.place, "the claim does not say who the client is")
                .help("say one of `from`, `fromNamespaces`, `fromCidrs`"),
        ),
        (0, None, _) => problems.push(
            Problem::error(claim.place, "this claims nothing")
                .help("say who the client is and what it sees (`from`, `is`), or who alone may call (`onlyFrom`, `onlyVia`)"),
        ),
        _ => problems.push(
            Problem::error(claim.place, "`onlyFrom` and `onlyVia` speak of all clients: `from`, `via` and `is` do not fit them")
                .help("write two claims"),
        ),
    }
}

/// Whether a claim names only what the spec declares.
fn names(spec: &Spec, claim: &At<Claim>, problems: &mut Vec<Problem>) {
    super::workloads(spec, &claim.to, problems);
    super::ports(spec, &claim.to, &claim.ports, problems);
    let named = claim.from.iter().chain(claim.only_from.iter()).flatten();
    named.for_each(|from| super::workloads(spec, from, problems));
    if let Some(Namespaces::Named(names)) = claim.from_namespaces.as_ref().map(|n| &n.value) {
        for name in names {
            super::namespace(spec, name, name.place, problems);
        }
    }
    for gateway in [&claim.via, &claim.only_via].into_iter().flatten() {
        super::namespace(spec, &gateway.namespace, claim.place, problems);
    }
}
