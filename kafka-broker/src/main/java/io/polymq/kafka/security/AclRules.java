package io.polymq.kafka.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.AddressRange;
import io.polymq.core.security.rules.NamePattern;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.Rule.Effect;
import io.polymq.core.security.rules.Who;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/**
 * Kafka's ACLs and the shared rules, each as the other. A rule says more than an ACL can: one with
 * several users, actions, kinds or addresses is as many ACLs, one with a regular expression or a
 * group is none. Stateless.
 */
final class AclRules {

    static final String CLUSTER_NAME = "kafka-cluster";

    private static final String WILDCARD = "*";
    private static final String USER = "User:";
    private static final String GROUP = "Group:";
    private static final String KAFKAS_ANONYMOUS = "ANONYMOUS";
    private static final int MOST_ACLS_OF_A_RULE = 1_000;

    private static final Map<ResourceType, Kind> KINDS =
            Map.of(
                    ResourceType.TOPIC, Kind.TOPIC,
                    ResourceType.GROUP, Kind.GROUP,
                    ResourceType.CLUSTER, Kind.CLUSTER,
                    ResourceType.TRANSACTIONAL_ID, Kind.TRANSACTION,
                    ResourceType.DELEGATION_TOKEN, Kind.DELEGATION_TOKEN,
                    ResourceType.USER, Kind.USER);

    private AclRules() {}

    /** Why there can be no such ACL; null when there can. */
    static @Nullable String refusal(AclBinding acl) {
        ResourcePattern pattern = acl.pattern();
        if (!KINDS.containsKey(pattern.resourceType())) {
            return "Invalid resourceType " + pattern.resourceType();
        }
        if (pattern.patternType() != PatternType.LITERAL
                && pattern.patternType() != PatternType.PREFIXED) {
            return "Invalid patternType " + pattern.patternType();
        }
        if (pattern.name().isEmpty()) {
            return "Invalid empty resource name";
        }
        if (pattern.resourceType() == ResourceType.CLUSTER
                && !pattern.name().equals(CLUSTER_NAME)) {
            return "The only valid name for the CLUSTER resource is " + CLUSTER_NAME;
        }
        AccessControlEntry entry = acl.entry();
        if (entry.operation() == AclOperation.UNKNOWN || entry.operation() == AclOperation.ANY) {
            return "Invalid operation " + entry.operation();
        }
        if (entry.permissionType() != AclPermissionType.ALLOW
                && entry.permissionType() != AclPermissionType.DENY) {
            return "Invalid permissionType " + entry.permissionType();
        }
        if (!entry.principal().startsWith(USER) && !entry.principal().startsWith(GROUP)) {
            return "Could not parse principal from `"
                    + entry.principal()
                    + "`: it is User:name or Group:name";
        }
        if (!entry.host().equals(WILDCARD)) {
            try {
                AddressRange.parse(entry.host());
            } catch (IllegalArgumentException e) {
                return "Invalid host: " + e.getMessage();
            }
        }
        return null;
    }

    /** The rule that says what the ACL says; the same ACL is always the same rule. */
    static Rule rule(AclBinding acl, String tenant) {
        AccessControlEntry entry = acl.entry();
        Kind kind = KINDS.get(acl.pattern().resourceType());
        if (kind == null) {
            throw new IllegalArgumentException(refusal(acl));
        }
        return new Rule(
                id(acl, tenant),
                entry.permissionType() == AclPermissionType.ALLOW ? Effect.ALLOW : Effect.DENY,
                who(entry, tenant),
                entry.operation() == AclOperation.ALL
                        ? Set.of()
                        : Set.of(Action.valueOf(entry.operation().name())),
                Set.of(kind),
                pattern(acl.pattern()),
                "",
                "");
    }

    private static Who who(AccessControlEntry entry, String tenant) {
        String principal = entry.principal();
        Who who;
        if (principal.equals(USER + WILDCARD)) {
            who = Who.EVERYONE;
        } else if (principal.startsWith(GROUP)) {
            who = Who.group(principal.substring(GROUP.length()));
        } else {
            String name = principal.substring(USER.length());
            who = Who.user(name.equals(KAFKAS_ANONYMOUS) ? Principal.ANONYMOUS.user() : name);
        }
        if (!entry.host().equals(WILDCARD)) {
            who = who.from(entry.host());
        }
        return tenant.equals(Principal.DEFAULT_TENANT) ? who : who.in(tenant);
    }

    private static NamePattern pattern(ResourcePattern pattern) {
        String name = pattern.name().replace("%", "%%");
        if (pattern.patternType() == PatternType.PREFIXED) {
            return new NamePattern.Prefix(name);
        }
        return name.equals(WILDCARD) ? NamePattern.ANY : new NamePattern.Exact(name);
    }

    private static String id(AclBinding acl, String tenant) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest((tenant + ' ' + acl).getBytes(UTF_8));
            return "kafka-" + HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The ACLs that together say what the rule says to a tenant; none when none can. */
    static List<AclBinding> acls(Rule rule, String tenant) {
        Who who = rule.who();
        List<AclBinding> acls = new ArrayList<>();
        boolean foreign =
                who.tenants().isEmpty()
                        ? !tenant.equals(Principal.DEFAULT_TENANT)
                        : !who.tenants().contains(tenant);
        if (foreign
                || !who.clientIds().isEmpty()
                || !rule.within().isEmpty()
                || !who.users().isEmpty() && !who.groups().isEmpty()) {
            return acls;
        }
        for (Kind kind : rule.kinds()) {
            ResourceType type = type(kind);
            ResourcePattern pattern = type == null ? null : resource(type, rule.name());
            if (pattern != null) {
                expand(rule, pattern, acls);
            }
        }
        return acls;
    }

    private static void expand(Rule rule, ResourcePattern pattern, List<AclBinding> into) {
        for (String principal : principals(rule.who())) {
            for (String host : hosts(rule.who())) {
                for (AclOperation operation : operations(rule.actions())) {
                    if (into.size() >= MOST_ACLS_OF_A_RULE) {
                        return;
                    }
                    into.add(
                            new AclBinding(
                                    pattern,
                                    new AccessControlEntry(
                                            principal,
                                            host,
                                            operation,
                                            rule.effect() == Effect.ALLOW
                                                    ? AclPermissionType.ALLOW
                                                    : AclPermissionType.DENY)));
                }
            }
        }
    }

    private static @Nullable ResourceType type(Kind kind) {
        for (Map.Entry<ResourceType, Kind> entry : KINDS.entrySet()) {
            if (entry.getValue() == kind) {
                return entry.getKey();
            }
        }
        return null;
    }

    private static @Nullable ResourcePattern resource(ResourceType type, NamePattern name) {
        if (name.isPersonal()) {
            return null;
        }
        String text = name.text().replace("%%", "%");
        return switch (name) {
            case NamePattern.Any _ ->
                    new ResourcePattern(
                            type,
                            type == ResourceType.CLUSTER ? CLUSTER_NAME : WILDCARD,
                            PatternType.LITERAL);
            case NamePattern.Exact _ -> new ResourcePattern(type, text, PatternType.LITERAL);
            case NamePattern.Prefix _ -> new ResourcePattern(type, text, PatternType.PREFIXED);
            case NamePattern.Regex _, NamePattern.Subjects _ -> null;
        };
    }

    private static List<String> principals(Who who) {
        if (who.users().isEmpty() && who.groups().isEmpty()) {
            return List.of(USER + WILDCARD);
        }
        List<String> principals = new ArrayList<>();
        who.users().stream()
                .sorted()
                .forEach(
                        user ->
                                principals.add(
                                        USER
                                                + (user.equals(Principal.ANONYMOUS.user())
                                                        ? KAFKAS_ANONYMOUS
                                                        : user)));
        who.groups().stream().sorted().forEach(group -> principals.add(GROUP + group));
        return principals;
    }

    private static List<String> hosts(Who who) {
        return who.addresses().isEmpty()
                ? List.of(WILDCARD)
                : who.addresses().stream().map(AddressRange::toString).sorted().toList();
    }

    private static List<AclOperation> operations(Set<Action> actions) {
        if (actions.isEmpty()) {
            return List.of(AclOperation.ALL);
        }
        return actions.stream()
                .filter(action -> action != Action.ADMIN)
                .map(action -> AclOperation.valueOf(action.name()))
                .sorted()
                .toList();
    }
}
