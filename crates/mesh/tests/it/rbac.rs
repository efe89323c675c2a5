//! Istio's own suite of `AuthorizationPolicies`: what it makes Envoy do for them, held against what is decided here.
//!
//! `MESHGEN_CORPUS` names the folder that has `istio/authz_builder`. Envoy's rules are evaluated by a small
//! interpreter here, for requests made up from the values that the rules name.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    path::Path,
};

use meshgen_mesh::{Effect, Identity, Mesh, Provider, Request, Seen, Settings, Token};
use meshgen_yaml::{Entry, Limits, Node, Sources, Value, documents};

use crate::naive::{at, list, text, word};

/// What a sidecar sees, as Envoy names it.
#[derive(Clone, Debug)]
struct Sample {
    identity: Option<Identity>,
    source: IpAddr,
    remote: IpAddr,
    destination: IpAddr,
    port: u16,
    request: Option<Request>,
}

/// The trust domains that the suite is built with: `pilot/pkg/security/authz/builder/builder_test.go`.
fn domains(name: &str) -> (&'static str, &'static [&'static str]) {
    match name {
        "simple-policy-td-aliases" => ("td1", &["cluster.local"]),
        "simple-policy-multiple-td-aliases" => ("td1", &["cluster.local", "some-td"]),
        "simple-policy-principal-with-wildcard" => ("td1", &["foobar"]),
        "td-aliases-source-principal" => ("new-td", &["old-td", "some-trustdomain"]),
        _ => ("cluster.local", &[]),
    }
}

/// The policies that an output was made from. Those with `extended-` are made from the same ones, in another way.
fn source(output: &str) -> &str {
    match output.trim_start_matches("extended-") {
        "custom-bad"
        | "custom-grpc-provider"
        | "custom-grpc-provider-no-namespace"
        | "custom-http-provider" => "custom-simple-http",
        other => other,
    }
}

/// The providers that the suite is built with; cases named `bad` have none that can be asked.
fn providers(name: &str) -> Vec<Provider> {
    let provider = |name: &str| Provider {
        name: name.to_owned(),
        grpc: true,
        service: "foo/my-custom-ext-authz.foo.svc.cluster.local".to_owned(),
        port: 9000,
        fail_open: true,
    };
    if name.contains("bad") { Vec::new() } else { vec![provider("default"), provider("another")] }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the suite lies outside of the repository")]
fn istio_s_builder_decides_the_same() {
    let Ok(corpus) = std::env::var("MESHGEN_CORPUS") else {
        println!("skipped: MESHGEN_CORPUS names no suites");
        return;
    };
    let (mut cases, mut tries) = (0, 0);
    for kind in ["http", "tcp"] {
        let folder = Path::new(&corpus).join("istio/authz_builder").join(kind);
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let stem = |p: &Path| p.file_name().unwrap().to_str().unwrap().to_owned();
        let read = |f: &Path| std::fs::read_to_string(f).unwrap();
        let mut outputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files.iter().filter(|f| stem(f).contains("-out")) {
            let name = stem(file).split("-out").next().unwrap().to_owned();
            outputs.entry(name).or_default().push(read(file));
        }
        for (name, outputs) in &outputs {
            let input = folder.join(format!("{}-in.yaml", source(name)));
            cases += 1;
            tries += case(source(name), providers(name), kind == "tcp", &read(&input), outputs);
        }
    }
    println!("{cases} cases, {tries} tries");
    assert!(cases > 0);
}

fn nodes(text: &str) -> Vec<Node> {
    let mut sources = Sources::default();
    let file = sources.add("out.yaml", text);
    documents(file, text, 0..text.len(), Limits::default()).unwrap()
}

/// How many samples a case was held against.
fn case(name: &str, providers: Vec<Provider>, tcp: bool, input: &str, outputs: &[String]) -> usize {
    let (domain, aliases) = domains(name);
    let settings = Settings {
        trust_domain: domain.to_owned(),
        trust_domain_aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        providers,
        ..Settings::default()
    };
    let filters: Vec<Node> = outputs.iter().flat_map(|t| nodes(t)).collect();
    let mesh = mesh(input, &settings);
    let all = samples(input, tcp, domain, aliases);
    let mut seen = BTreeMap::new();
    for sample in &all {
        let expected = passes(&filters, sample);
        *seen.entry(expected).or_insert(0) += 1;
        let found = effect(&mesh, sample);
        let agrees = match (&found, expected) {
            // Where a provider is asked, neither knows what it says.
            (Effect::Allowed, Some(true)) | (Effect::Denied, Some(false)) | (Effect::Unknown, None) => true,
            // What other filters say of a request is not known here, and in no sample.
            (Effect::Unknown, Some(_)) => input.contains("experimental.envoy.filters"),
            _ => false,
        };
        assert!(agrees, "{name}: Envoy {expected:?}, here {found:?} for {sample:?}");
    }
    println!("{name}: {seen:?}");
    all.len()
}

/// A server for the policies of the suite, which are of the namespace `foo`.
fn mesh(policies: &str, settings: &Settings) -> Mesh {
    let server = "apiVersion: v1\nkind: Pod\n\
                  metadata: {name: server, namespace: foo, labels: {app: httpbin, version: v1}}\n\
                  spec: {containers: [{name: c}]}\n";
    let mut sources = Sources::default();
    sources.add("server.yaml", server);
    sources.add("in.yaml", policies);
    Mesh::read_with(&sources, settings.clone())
}

/// What is decided here.
fn effect(mesh: &Mesh, sample: &Sample) -> Effect {
    let seen = Seen {
        identity: sample.identity.clone(),
        source: Some(sample.source),
        remote: Some(sample.remote),
        destination: Some(sample.destination),
        port: sample.port,
        request: sample.request.clone(),
        tokens: true,
    };
    mesh.decided(0, &seen).effect
}

/// The texts of a policy by the field in which they stand.
fn values(node: &Node, key: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match &node.value {
        Value::Map(entries) => {
            let when = word(node, &["key"]);
            for Entry { key: k, value, .. } in entries {
                let name = when.filter(|_| k.text.ends_with("alues")).unwrap_or(&k.text);
                values(value, name, found);
            }
        }
        Value::List(items) => items.iter().for_each(|i| values(i, key, found)),
        Value::Scalar(s) => {
            found.entry(key.trim_start_matches("not").to_lowercase()).or_default().insert(s.text.to_string());
        }
    }
}

fn texts(found: &BTreeMap<String, BTreeSet<String>>, keys: &[&str]) -> Vec<String> {
    let all = keys.iter().filter_map(|k| found.get(*k)).flatten();
    let mut texts: Vec<String> = all
        .flat_map(|v| {
            let v = v.replace("{**}", "x/y").replace("{*}", "x");
            [v.replace('*', "x"), v.replace('*', "")]
        })
        .collect();
    texts.push("other".to_owned());
    texts.sort();
    texts.dedup();
    texts
}

/// Each value of each field with usual ones for the others, and mixtures.
fn samples(input: &str, tcp: bool, domain: &str, aliases: &[&str]) -> Vec<Sample> {
    let mut found = BTreeMap::new();
    for node in nodes(input) {
        values(&node, "", &mut found);
    }
    let principals = texts(&found, &["principals", "source.principal"]);
    let identities: Vec<Option<Identity>> = identities(&found, &principals, domain, aliases);
    let methods = texts(&found, &["methods"]);
    let paths = texts(&found, &["paths"]);
    let hosts = texts(&found, &["hosts"]);
    let headers = texts(&found, &["request.headers[x-header]", "request.headers[x-abc]"]);
    let tokens = texts(&found, &["requestprincipals", "request.auth.principal"]);
    let claims =
        texts(&found, &["request.auth.audiences", "request.auth.presenter", "request.auth.claims[iss]"]);
    let mut ports: Vec<u16> =
        texts(&found, &["ports", "destination.port"]).iter().filter_map(|p| p.parse().ok()).collect();
    ports.push(7);
    let address = |keys: &[&str]| -> Vec<IpAddr> {
        let texts = texts(&found, keys);
        let parsed = texts.iter().filter_map(|t| t.split('/').next().unwrap().parse().ok());
        parsed.chain(["192.0.2.9".parse().unwrap()]).collect()
    };
    let sources = address(&["ipblocks", "source.ip"]);
    let destinations = address(&["destination.ip"]);
    let mut all = Vec::new();
    let mut seed = 7_u64;
    let mut pick = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % n
    };
    for _ in 0..1000 {
        let header = headers[pick(headers.len())].clone();
        let token = token(&tokens[pick(tokens.len())], &claims[pick(claims.len())], pick(3));
        let request = Request {
            method: methods[pick(methods.len())].clone(),
            path: format!("/{}", paths[pick(paths.len())].trim_start_matches('/')),
            host: hosts[pick(hosts.len())].clone(),
            headers: BTreeMap::from([("x-header".to_owned(), header.clone()), ("x-abc".to_owned(), header)]),
            token,
        };
        let source = sources[pick(sources.len())];
        all.push(Sample {
            identity: identities[pick(identities.len())].clone(),
            source,
            remote: source,
            destination: destinations[pick(destinations.len())],
            port: ports[pick(ports.len())],
            request: (!tcp).then_some(request),
        });
    }
    all
}

/// Identities that the values name, of the trust domains of the mesh and of another one.
fn identities(
    found: &BTreeMap<String, BTreeSet<String>>,
    principals: &[String],
    domain: &str,
    aliases: &[&str],
) -> Vec<Option<Identity>> {
    let mut named: BTreeSet<(String, String)> = BTreeSet::from([("other".to_owned(), "other".to_owned())]);
    let mut domains: BTreeSet<String> =
        [domain, "other"].into_iter().chain(aliases.iter().copied()).map(str::to_owned).collect();
    domains.extend(texts(found, &["trustdomains"]));
    for principal in principals {
        let parts: Vec<&str> = principal.split('/').collect();
        if let [domain, "ns", namespace, "sa", account] = parts[..] {
            named.insert((namespace.to_owned(), account.to_owned()));
            domains.insert(domain.to_owned());
        }
    }
    named.extend(
        texts(found, &["namespaces", "source.namespace"]).into_iter().map(|n| (n, "other".to_owned())),
    );
    for account in texts(found, &["serviceaccounts"]) {
        let (namespace, account) = account.split_once('/').unwrap_or(("foo", &account));
        named.insert((namespace.to_owned(), account.to_owned()));
    }
    let mut all = vec![None];
    for (namespace, account) in &named {
        all.extend(domains.iter().map(|d| {
            Some(Identity { trust_domain: d.clone(), namespace: namespace.clone(), account: account.clone() })
        }));
    }
    all
}

fn token(principal: &str, claim: &str, kind: usize) -> Token {
    let (iss, sub) = principal.rsplit_once('/').unwrap_or((principal, ""));
    let mut claims = BTreeMap::new();
    for (path, value) in [("iss", iss), ("sub", sub), ("aud", claim), ("azp", claim)] {
        claims.insert(vec![path.to_owned()], vec![value.to_owned()]);
    }
    claims.insert(vec!["nested1".to_owned(), "nested2".to_owned()], vec![claim.to_owned()]);
    if kind == 0 { Token::None } else { Token::Valid(claims) }
}

/// Whether Envoy lets a sample pass; nothing if it asks somebody else.
fn passes(filters: &[Node], sample: &Sample) -> Option<bool> {
    let mut asked = false;
    for filter in filters {
        let config = at(filter, &["typedConfig"]).unwrap();
        if word(filter, &["name"]).unwrap().contains("ext_authz") {
            continue;
        }
        if let Some(rules) = at(config, &["rules"]) {
            let matched = matched(rules, sample);
            match word(rules, &["action"]).unwrap_or("ALLOW") {
                "ALLOW" if !matched => return Some(false),
                "DENY" if matched => return Some(false),
                _ => {}
            }
        }
        let asks = at(config, &["shadowRules"])
            .filter(|_| word(config, &["shadowRulesStatPrefix"]).is_some_and(|p| p.contains("ext_authz")));
        asked |= asks.is_some_and(|rules| matched(rules, sample));
    }
    if asked { None } else { Some(true) }
}

fn matched(rules: &Node, sample: &Sample) -> bool {
    let policies = at(rules, &["policies"]).map_or(&[][..], Node::entries);
    policies.iter().any(|p| {
        let one = |key: &str| list(&p.value, &[key]).iter().any(|n| holds(n, sample));
        one("permissions") && one("principals")
    })
}

/// A permission or a principal of Envoy.
fn holds(node: &Node, sample: &Sample) -> bool {
    let [Entry { key, value, .. }] = node.entries() else { panic!("{node:?}") };
    let each = |inner: &str| list(value, &[inner]).to_vec();
    let address = |a: IpAddr| {
        let block =
            format!("{}/{}", word(value, &["addressPrefix"]).unwrap(), word(value, &["prefixLen"]).unwrap());
        block.parse::<ipnet::IpNet>().unwrap().contains(&a)
    };
    match &*key.text {
        "any" => true,
        "andRules" => each("rules").iter().all(|n| holds(n, sample)),
        "orRules" => each("rules").iter().any(|n| holds(n, sample)),
        "andIds" => each("ids").iter().all(|n| holds(n, sample)),
        "orIds" => each("ids").iter().any(|n| holds(n, sample)),
        "notRule" | "notId" => !holds(value, sample),
        "destinationPort" => text(value).unwrap().parse() == Ok(sample.port),
        "destinationIp" => address(sample.destination),
        "directRemoteIp" => address(sample.source),
        "remoteIp" => address(sample.remote),
        "authenticated" => sample.identity.as_ref().is_some_and(|i| {
            string(at(value, &["principalName"]).unwrap(), &format!("spiffe://{}", i.principal()))
        }),
        "header" => header(value, sample.request.as_ref().unwrap()),
        "urlPath" => string(at(value, &["path"]).unwrap(), &sample.request.as_ref().unwrap().path),
        "uriTemplate" => {
            let template = word(value, &["typedConfig", "pathTemplate"]).unwrap();
            uri(template, &sample.request.as_ref().unwrap().path)
        }
        "metadata" => metadata(value, sample),
        // Clients of the mesh say another name in TLS, so none of the suite.
        "requestedServerName" => sample.identity.is_some() && string(value, "outbound_.80_._.server.foo.svc"),
        other => panic!("{other}"),
    }
}

fn header(node: &Node, request: &Request) -> bool {
    let name = word(node, &["name"]).unwrap().to_lowercase();
    let value = match name.as_str() {
        ":method" => Some(&request.method),
        ":authority" => Some(&request.host),
        other => request.headers.get(other),
    };
    let Some(value) = value else { return false };
    if at(node, &["presentMatch"]).is_some() {
        return true;
    }
    match (at(node, &["stringMatch"]), word(node, &["safeRegexMatch", "regex"])) {
        (Some(matcher), _) => string(matcher, value),
        (None, Some(regex)) => regular(regex, value),
        (None, None) => panic!("{node:?}"),
    }
}

fn metadata(node: &Node, sample: &Sample) -> bool {
    if word(node, &["filter"]) != Some("envoy.filters.http.jwt_authn") {
        return false;
    }
    let path: Vec<String> =
        list(node, &["path"]).iter().skip(1).map(|p| word(p, &["key"]).unwrap().to_owned()).collect();
    let Token::Valid(claims) = &sample.request.as_ref().unwrap().token else { return false };
    let value = at(node, &["value"]).unwrap();
    claims.get(&path).is_some_and(|all| all.iter().any(|claim| claim_matches(value, claim)))
}

/// A claim of one value is taken as that value, so what is asked of a list is not looked at.
fn claim_matches(node: &Node, claim: &str) -> bool {
    let [Entry { key, value, .. }] = node.entries() else { panic!("{node:?}") };
    match &*key.text {
        "stringMatch" => string(value, claim),
        "orMatch" => list(value, &["valueMatchers"]).iter().any(|n| claim_matches(n, claim)),
        "listMatch" => false,
        other => panic!("{other}"),
    }
}

fn string(node: &Node, value: &str) -> bool {
    let fold = word(node, &["ignoreCase"]) == Some("true");
    let case = |t: &str| if fold { t.to_lowercase() } else { t.to_owned() };
    let value = case(value);
    let entry = node.entries().iter().find(|e| &*e.key.text != "ignoreCase").unwrap();
    let given = || case(text(&entry.value).unwrap());
    match &*entry.key.text {
        "exact" => value == given(),
        "prefix" => value.starts_with(&given()),
        "suffix" => value.ends_with(&given()),
        "safeRegex" => regular(word(&entry.value, &["regex"]).unwrap(), &value),
        other => panic!("{other}"),
    }
}

/// The few regular expressions that Istio writes, as a whole: `.*`, `.+`, `[^/]*`, groups of alternatives, escapes.
fn regular(regex: &str, value: &str) -> bool {
    let (regex, value) = match regex.strip_prefix("(?i)") {
        Some(rest) => (rest.to_lowercase(), value.to_lowercase()),
        None => (regex.to_owned(), value.to_owned()),
    };
    tail(&regex, &value)
}

fn tail(regex: &str, value: &str) -> bool {
    let ends = |from: usize, allowed: &dyn Fn(&str) -> bool, rest: &str| {
        let cuts = (0..=value.len()).filter(|n| value.is_char_boundary(*n) && *n >= from);
        cuts.into_iter().any(|n| allowed(&value[..n]) && tail(rest, &value[n..]))
    };
    if regex.is_empty() {
        return value.is_empty();
    }
    if let Some(rest) = regex.strip_prefix(".*") {
        return ends(0, &|_| true, rest);
    }
    if let Some(rest) = regex.strip_prefix(".+") {
        return ends(1, &|_| true, rest);
    }
    if let Some(rest) = regex.strip_prefix("[^/]*") {
        return ends(0, &|t| !t.contains('/'), rest);
    }
    if let Some(rest) = regex.strip_prefix('(') {
        let (group, rest) = rest.split_once(')').unwrap();
        let (optional, rest) = rest.strip_prefix('?').map_or((false, rest), |r| (true, r));
        let some = group.split('|').any(|g| tail(&format!("{g}{rest}"), value));
        return some || (optional && tail(rest, value));
    }
    let escaped = regex.strip_prefix('\\').unwrap_or(regex);
    let first = escaped.chars().next().unwrap();
    value.strip_prefix(first).is_some_and(|v| tail(&escaped[first.len_utf8()..], v))
}

/// Envoy's templates of paths, where `*` is a segment and `**` any number of them.
fn uri(template: &str, path: &str) -> bool {
    fn go(t: &[&str], p: &[&str]) -> bool {
        match (t.split_first(), p.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), Some(_)) => (1..=p.len()).any(|n| go(rest, &p[n..])),
            (Some((&"*", rest)), Some((s, left))) => !s.is_empty() && go(rest, left),
            (Some((w, rest)), Some((s, left))) => w == s && go(rest, left),
            _ => false,
        }
    }
    go(&template.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}
