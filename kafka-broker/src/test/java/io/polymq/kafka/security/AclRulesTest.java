package io.polymq.kafka.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.NamePattern;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.Who;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ACLs become rules and come back as they were. */
class AclRulesTest {

    static List<AclBinding> acls() {
        List<AclBinding> all = new ArrayList<>();
        for (ResourceType type : ResourceType.values()) {
            if (type == ResourceType.ANY || type == ResourceType.UNKNOWN) {
                continue;
            }
            for (AclOperation operation : AclOperation.values()) {
                if (operation == AclOperation.ANY || operation == AclOperation.UNKNOWN) {
                    continue;
                }
                String name = type == ResourceType.CLUSTER ? "kafka-cluster" : "a.b";
                all.add(acl(type, name, PatternType.LITERAL, "User:alice", "*", operation));
            }
        }
        all.add(topic("*", PatternType.LITERAL, "User:*", "10.0.0.0/8"));
        all.add(topic("100%u", PatternType.LITERAL, "User:CN=x,O=y", "::1"));
        all.add(topic("%", PatternType.PREFIXED, "User:ANONYMOUS", "127.0.0.1"));
        all.add(topic("x", PatternType.PREFIXED, "Group:devices", "*"));
        return all;
    }

    private static AclBinding topic(String name, PatternType pattern, String who, String host) {
        return acl(ResourceType.TOPIC, name, pattern, who, host, AclOperation.READ);
    }

    private static AclBinding acl(
            ResourceType type,
            String name,
            PatternType pattern,
            String who,
            String host,
            AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry(who, host, operation, AclPermissionType.DENY));
    }

    @ParameterizedTest
    @MethodSource("acls")
    void comesBackAsItWas(AclBinding acl) {
        assertThat(AclRules.refusal(acl)).isNull();
        AclBinding back = AclRules.acls(AclRules.rule(acl, "default"), "default").getFirst();
        if (acl.entry().host().equals("::1")) {
            assertThat(back.entry().host()).isEqualTo("0:0:0:0:0:0:0:1");
        } else {
            assertThat(back).isEqualTo(acl);
        }
        assertThat(AclRules.acls(AclRules.rule(acl, "default"), "other")).isEmpty();
        assertThat(AclRules.acls(AclRules.rule(acl, "other"), "other")).hasSize(1);
    }

    @Test
    void aRuleOfSeveralIsSeveralAcls() {
        Rule rule =
                Rule.allow(
                        "r",
                        new Who(Set.of("a", "b"), Set.of(), Set.of(), Set.of(), Set.of()),
                        Set.of(Action.READ, Action.WRITE),
                        Set.of(Kind.TOPIC, Kind.GROUP),
                        new NamePattern.Prefix("x"));
        assertThat(AclRules.acls(rule, "default")).hasSize(8).doesNotHaveDuplicates();
    }

    @Test
    void aRuleThatNoAclCanSayIsNone() {
        Rule regex =
                Rule.allow(
                        "r",
                        Who.EVERYONE,
                        Set.of(Action.READ),
                        Set.of(Kind.TOPIC),
                        NamePattern.of("regex", "^a"));
        Rule personal =
                Rule.allow(
                        "p",
                        Who.EVERYONE,
                        Set.of(Action.READ),
                        Set.of(Kind.TOPIC),
                        new NamePattern.Prefix("home.%u."));
        assertThat(AclRules.acls(regex, "default")).isEmpty();
        assertThat(AclRules.acls(personal, "default")).isEmpty();
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThat(AclRules.refusal(topic("x", PatternType.LITERAL, "alice", "*")))
                .contains("principal");
        assertThat(AclRules.refusal(topic("x", PatternType.LITERAL, "User:a", "somewhere")))
                .contains("host");
        assertThat(AclRules.refusal(topic("", PatternType.LITERAL, "User:a", "*")))
                .contains("empty resource name");
    }
}
