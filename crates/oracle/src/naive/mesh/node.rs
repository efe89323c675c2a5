//! What istiod tells the proxies of nodes of policies and modes, and what they make of it.

use serde_json::Value;

use super::{
    super::{
        labels::selects,
        model::{items, namespace, string},
    },
    asked::{Decision, Identity, Sight},
    authorization::{Field, action_of, is_dry, parts},
    conditions::{Look, any, every},
    model::{Mesh, Pod, Undecided, oldest},
    modes::{Mode, has_selector},
};

impl Mesh {
    /// What the proxy of the node makes of a connection: it knows ALLOW and DENY alone.
    pub(super) fn decision_of_node(&self, pod: &Pod, sight: &Sight) -> Decision {
        let of = |action: &str| -> Vec<&Value> {
            let all = self.of("security.istio.io", "AuthorizationPolicy");
            let targets =
                |p: &Value| p.pointer("/spec/targetRef").or(p.pointer("/spec/targetRefs")).is_some();
            all.filter(|p| self.binds(p, pod) && !targets(p) && !is_dry(p) && action_of(p) == action)
                .collect()
        };
        let met = |policies: &[&Value]| {
            any(policies.iter().map(|p| {
                let space = namespace(p);
                let look = Look { mesh: self, space: &space, sight };
                let allows = action_of(p) == "ALLOW";
                any(items(p.pointer("/spec/rules")).iter().map(|rule| look.is_met_on_node(rule, allows)))
            }))
        };
        let (deny, allow) = (of("DENY"), of("ALLOW"));
        match (met(&deny), if allow.is_empty() { Some(true) } else { met(&allow) }) {
            (Some(true), _) | (_, Some(false)) => Decision::Denied,
            (Some(false), Some(true)) => Decision::Allowed,
            _ => Decision::Unknown,
        }
    }

    /// What plain text meets on a port of a pod in ambient mode. What istiod tells the proxy of the node is not always what
    /// the modes of ports are documented to mean; then it is not known.
    pub(super) fn mode_on_node(&self, pod: &Pod, port: u16) -> Result<Mode, Undecided> {
        let documented = self.mode(pod, port)? == Mode::Strict;
        let told = self.is_refused_on_node(pod, port)?;
        if documented != told {
            return Err(Undecided);
        }
        Ok(if told { Mode::Strict } else { Mode::Permissive })
    }

    /// `convertedSelectorPeerAuthentications` and `convertPeerAuthentication` of istiod, for a connection without identity.
    fn is_refused_on_node(&self, pod: &Pod, port: u16) -> Result<bool, Undecided> {
        let root = self.root();
        let all = |wanted: &dyn Fn(&Value) -> bool| -> Vec<&Value> {
            self.of("security.istio.io", "PeerAuthentication").filter(|p| wanted(p)).collect()
        };
        let said = |of: &[&Value]| -> Result<Option<Value>, Undecided> {
            Ok(oldest(of, |p| p.get("spec").cloned())?.map(|p| p.get("spec").cloned().unwrap_or_default()))
        };
        let of_mesh = said(&all(&|p| namespace(p) == root && !has_selector(p)))?;
        let of_space =
            said(&all(&|p| namespace(p) == pod.namespace && namespace(p) != root && !has_selector(p)))?;
        let own = said(&all(&|p| {
            let selector = p.pointer("/spec/selector").unwrap_or(&Value::Null);
            namespace(p) == pod.namespace
                && namespace(p) != root
                && has_selector(p)
                && selects(selector, &pod.labels)
        }))?;
        let whole = |spec: Option<&Value>| Mode::of(spec.and_then(|s| s.get("mtls")));
        let (mesh, space) = (whole(of_mesh.as_ref()), whole(of_space.as_ref()));
        let inherited = space.or(mesh) == Some(Mode::Strict);
        let Some(own) = own else { return Ok(inherited) };
        let ports: Vec<(u16, Mode)> = own
            .get("portLevelMtls")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.parse().ok()?, Mode::of(Some(value))?)))
            .collect();
        let has = |mode: Mode| ports.iter().any(|(_, m)| *m == mode);
        let of_port = ports.iter().find(|(number, _)| *number == port).map(|(_, mode)| *mode);
        let mode = whole(Some(&own));
        // Which policies are attached: the one for everything, and the one made of the workload's own.
        let (everything, attached) = match mode {
            Some(Mode::Strict) => {
                let exceptions = has(Mode::Permissive) || has(Mode::Disable);
                (!exceptions, exceptions)
            }
            None if inherited => (!has(Mode::Permissive), has(Mode::Permissive)),
            Some(_) | None => (false, has(Mode::Strict)),
        };
        if everything || !attached {
            return Ok(everything);
        }
        // The one made of the workload's own: each STRICT port by itself, and all ports but the exceptions.
        let by_mesh = space.is_none() && mesh == Some(Mode::Strict);
        let by_space = mode.is_none() && space == Some(Mode::Strict);
        let skipped = mode == Some(Mode::Strict) || by_space || by_mesh;
        let by_itself = of_port == Some(Mode::Strict) && !skipped;
        // What a namespace does not say it does not take from the mesh here.
        let above = if of_space.is_some() { space } else { mesh };
        let keeps_exceptions = match mode {
            Some(mode) => mode == Mode::Strict,
            None => above == Some(Mode::Strict),
        };
        let exceptions = keeps_exceptions && (has(Mode::Permissive) || has(Mode::Disable));
        let excepted = matches!(of_port, Some(Mode::Permissive | Mode::Disable));
        Ok(by_itself || (exceptions && !excepted))
    }
}

impl Look<'_> {
    /// Whether a rule is met by a connection, as far as it is handed to the proxy of a node. Of what is not, an ALLOW rule is
    /// dropped with it; a part of a DENY rule of which nothing is left meets nothing.
    fn is_met_on_node(self, rule: &Value, allows: bool) -> Option<bool> {
        let [from, to, when] = parts(rule);
        let all_known = |lists: &[Vec<Field<'_>>], known: &[&str]| {
            lists.iter().flatten().all(|(name, ..)| known.contains(&name.as_str()))
        };
        let handed_over = all_known(&from, &FIELDS) && all_known(&to, &FIELDS) && all_known(&when, &KEYS);
        if allows && !handed_over {
            return Some(false);
        }
        let one = |fields: &Vec<Field<'_>>, known: &[&str]| {
            let kept: Vec<_> = fields.iter().filter(|(name, ..)| known.contains(&name.as_str())).collect();
            if kept.is_empty() {
                return Some(false);
            }
            every(kept.into_iter().map(|(name, values, no)| match name.as_str() {
                // Whether it is handed over, releases differ.
                "trustDomains" => None,
                _ => self.is_one_on_node(name, values).map(|yes| yes != *no),
            }))
        };
        let part = |all: &[Vec<Field<'_>>]| {
            if all.is_empty() { Some(true) } else { any(all.iter().map(|fields| one(fields, &FIELDS))) }
        };
        let conditions = every(when.iter().map(|fields| one(fields, &KEYS)));
        every([part(&from), part(&to), conditions].into_iter())
    }

    /// Principals are compared as they are written; what only another name of the trust domain would make the same may be.
    fn is_one_on_node(self, name: &str, values: &Value) -> Option<bool> {
        if !matches!(name, "principals" | "source.principal") {
            return self.one_of(name, values);
        }
        let one = |value: &Value| {
            let only = Value::Array(vec![value.clone()]);
            let renamed = self.one_of(name, &only)?;
            let own = self.sight.identity.as_ref().map(Identity::principal);
            let written = own.is_some_and(|own| super::patterns::matches(&string(Some(value)), &own));
            if renamed == written { Some(written) } else { None }
        };
        any(items(Some(values)).iter().map(one))
    }
}

/// The fields of sources and operations that are handed over.
const FIELDS: [&str; 6] =
    ["principals", "namespaces", "serviceAccounts", "trustDomains", "ipBlocks", "ports"];

/// The keys of conditions that are.
const KEYS: [&str; 5] =
    ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];
