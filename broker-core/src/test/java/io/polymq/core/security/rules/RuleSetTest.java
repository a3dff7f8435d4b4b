package io.polymq.core.security.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.Coverage;
import io.polymq.core.security.Security.Resource;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.rules.Rule.Effect;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import java.net.InetAddress;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleSetTest {

    private int rules;

    private Rule allow(Who who, String match, String name) {
        return Rule.allow("r" + rules++, who, Set.of(), Set.of(), NamePattern.of(match, name));
    }

    private Rule deny(Who who, String match, String name) {
        return Rule.deny("r" + rules++, who, Set.of(), Set.of(), NamePattern.of(match, name));
    }

    private static Asker asker(String user, String clientId) {
        return new Asker(
                user, "default", Set.of("staff"), clientId, InetAddress.ofLiteral("10.1.2.3"));
    }

    private static final Asker ALICE = asker("alice", "c1");

    private static boolean may(Asker asker, Action action, String subject, Rule... rules) {
        return may(asker, action, new Resource(Kind.SUBJECT, subject), rules);
    }

    private static boolean may(Asker asker, Action action, Resource resource, Rule... rules) {
        return new RuleSet(List.of(rules), false).of(asker).decide(action, resource).allowed();
    }

    private static Coverage coverage(Asker asker, String mqttFilter, Rule... rules) {
        try {
            return new RuleSet(List.of(rules), false)
                    .of(asker)
                    .coverage(Dialect.MQTT.parse(mqttFilter), "");
        } catch (InvalidSubjectException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void denyingBeatsAllowingInWhateverOrder() {
        Rule all = allow(Who.EVERYONE, "any", "");
        Rule not = deny(Who.user("alice"), "exact", "a.b");
        assertThat(may(ALICE, Action.READ, "a.b", all, not)).isFalse();
        assertThat(may(ALICE, Action.READ, "a.b", not, all)).isFalse();
        assertThat(may(ALICE, Action.READ, "a.c", not, all)).isTrue();
        assertThat(may(asker("bob", ""), Action.READ, "a.b", not, all)).isTrue();
    }

    @Test
    void everyPartOfWhoHasToHold() {
        Who who = Who.user("alice").from("10.0.0.0/8", "::1").in("default", "x");
        Rule rule = allow(who, "any", "");
        assertThat(may(ALICE, Action.READ, "a", rule)).isTrue();
        assertThat(may(asker("bob", "c1"), Action.READ, "a", rule)).isFalse();
        Asker elsewhere =
                new Asker("alice", "default", Set.of(), "c1", InetAddress.ofLiteral("11.0.0.1"));
        assertThat(may(elsewhere, Action.READ, "a", rule)).isFalse();
        assertThat(
                        may(
                                new Asker("alice", "y", Set.of(), "c1", ALICE.address()),
                                Action.READ,
                                "a",
                                rule))
                .isFalse();
        assertThat(may(new Asker("alice", "x", Set.of(), "c1", null), Action.READ, "a", rule))
                .isFalse();
        assertThat(may(ALICE, Action.READ, "a", allow(Who.group("staff"), "any", ""))).isTrue();
        assertThat(may(ALICE, Action.READ, "a", allow(Who.group("boss"), "any", ""))).isFalse();
        assertThat(may(ALICE, Action.READ, "a", allow(Who.clientId("c*"), "any", ""))).isTrue();
        assertThat(may(ALICE, Action.READ, "a", allow(Who.clientId("c"), "any", ""))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "exact,a.b,a.b,true",
        "exact,a.b,a.bc,false",
        "prefix,a.b,a.bc,true",
        "prefix,a.b,a.c,false",
        "filter,a.*,a.b,true",
        "filter,a.*,a.b.c,false",
        "filter,a.>,a.b.c,true",
        "filter,a.>,a,false",
        "mqtt,a/#,a,true",
        "mqtt,a/#,a.b.c,true",
        "mqtt,+/b,a.b,true",
        "mqtt,#,$SYS.x,false",
        "amqp,#.z,a.b.z,true",
        "amqp,#.z,z.a,false",
        "regex,^a\\.,a.b,true",
        "regex,b$,a.b,true",
        "regex,^b,a.b,false",
        "regex,'',a.b,false",
        "regex,.*,a.b,true",
        "any,'',a.b,true"
    })
    void namesAreMatchedAsWritten(String match, String text, String name, boolean expected) {
        assertThat(may(ALICE, Action.WRITE, name, allow(Who.EVERYONE, match, text)))
                .isEqualTo(expected);
    }

    @Test
    void aDenyingHashDeniesReservedSubjectsToo() {
        Rule all = allow(Who.EVERYONE, "any", "");
        assertThat(may(ALICE, Action.WRITE, "$SYS.x", all, deny(Who.EVERYONE, "mqtt", "#")))
                .isFalse();
    }

    @Test
    void whoMayDoMoreMayLook() {
        Rule write =
                Rule.allow(
                        "w",
                        Who.EVERYONE,
                        Set.of(Action.WRITE),
                        Set.of(Kind.TOPIC),
                        NamePattern.ANY);
        Resource topic = new Resource(Kind.TOPIC, "t");
        assertThat(may(ALICE, Action.DESCRIBE, topic, write)).isTrue();
        assertThat(may(ALICE, Action.READ, topic, write)).isFalse();
        assertThat(may(ALICE, Action.DESCRIBE_CONFIGS, topic, write)).isFalse();
        Rule configs =
                Rule.allow(
                        "c", Who.EVERYONE, Set.of(Action.ALTER_CONFIGS), Set.of(), NamePattern.ANY);
        assertThat(may(ALICE, Action.DESCRIBE_CONFIGS, topic, configs)).isTrue();
        Rule noWrite =
                Rule.deny("d", Who.EVERYONE, Set.of(Action.WRITE), Set.of(), NamePattern.ANY);
        Rule look =
                Rule.allow("l", Who.EVERYONE, Set.of(Action.DESCRIBE), Set.of(), NamePattern.ANY);
        assertThat(may(ALICE, Action.DESCRIBE, topic, noWrite, look)).isTrue();
    }

    @Test
    void administrationIsNeverMeantUnlessItIsNamed() {
        Resource cluster = new Resource(Kind.CLUSTER, "");
        assertThat(may(ALICE, Action.ADMIN, cluster, allow(Who.EVERYONE, "any", ""))).isFalse();
        Rule named = Rule.allow("a", Who.EVERYONE, Set.of(Action.ADMIN), Set.of(), NamePattern.ANY);
        assertThat(may(ALICE, Action.ADMIN, cluster, named)).isTrue();
    }

    @Test
    void aTopicIsTheSubjectOfItsNameAndNoQueue() {
        Rule topic =
                Rule.allow(
                        "t",
                        Who.EVERYONE,
                        Set.of(Action.WRITE),
                        Set.of(Kind.TOPIC),
                        NamePattern.of("exact", "orders.eu"));
        assertThat(may(ALICE, Action.WRITE, "orders.eu", topic)).isTrue();
        assertThat(may(ALICE, Action.WRITE, new Resource(Kind.QUEUE, "orders.eu"), topic))
                .isFalse();
    }

    @Test
    void whatIsLookedAtInSomethingIsApart() {
        Rule rule =
                Rule.allow(
                                "k",
                                Who.EVERYONE,
                                Set.of(Action.WRITE),
                                Set.of(Kind.ROUTING_KEY),
                                NamePattern.of("regex", "^eu\\."))
                        .within("amq.topic");
        assertThat(
                        may(
                                ALICE,
                                Action.WRITE,
                                new Resource(Kind.ROUTING_KEY, "eu.x", "amq.topic"),
                                rule))
                .isTrue();
        assertThat(may(ALICE, Action.WRITE, new Resource(Kind.ROUTING_KEY, "eu.x", "other"), rule))
                .isFalse();
    }

    @Test
    void aSubscriptionHasToBeCoveredWhole() {
        Rule one = allow(Who.EVERYONE, "mqtt", "a/+");
        assertThat(coverage(ALICE, "a/+", one)).isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/b", one)).isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/#", one)).isEqualTo(Coverage.NONE);
        assertThat(coverage(ALICE, "#", one)).isEqualTo(Coverage.NONE);
        assertThat(coverage(ALICE, "1/#", allow(Who.EVERYONE, "mqtt", "1/#")))
                .isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/#", allow(Who.EVERYONE, "prefix", "a")))
                .isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/#", allow(Who.EVERYONE, "prefix", "a.")))
                .isEqualTo(Coverage.NONE);
        assertThat(coverage(ALICE, "a/+", allow(Who.EVERYONE, "prefix", "a.")))
                .isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/+", allow(Who.EVERYONE, "regex", "^a")))
                .isEqualTo(Coverage.NONE);
        assertThat(coverage(ALICE, "a/b", allow(Who.EVERYONE, "regex", "^a")))
                .isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "a/+", allow(Who.EVERYONE, "regex", ".*")))
                .isEqualTo(Coverage.ALL);
    }

    @ParameterizedTest
    @CsvSource({
        "exact,a.secret,EXCEPT",
        "mqtt,a/secret/#,EXCEPT",
        "mqtt,a/#,NONE",
        "mqtt,#,NONE",
        "mqtt,b/#,ALL",
        "prefix,a.se,EXCEPT",
        "prefix,a,NONE",
        "prefix,b,ALL",
        "regex,secret,EXCEPT",
        "any,'',NONE"
    })
    void aDenialInsideASubscriptionIsAHole(String match, String text, Coverage expected) {
        Rule all = allow(Who.EVERYONE, "mqtt", "#");
        assertThat(coverage(ALICE, "a/#", all, deny(Who.EVERYONE, match, text)))
                .isEqualTo(expected);
    }

    @Test
    void placeholdersStandForWhoAsks() {
        Rule own = allow(Who.EVERYONE, "mqtt", "home/%u/%c/#");
        assertThat(may(ALICE, Action.READ, "home.alice.c1.x", own)).isTrue();
        assertThat(may(ALICE, Action.READ, "home.alice.c2.x", own)).isFalse();
        assertThat(may(ALICE, Action.READ, "home.bob.c1.x", own)).isFalse();
        assertThat(coverage(ALICE, "home/alice/c1/#", own)).isEqualTo(Coverage.ALL);
        assertThat(coverage(ALICE, "home/alice/#", own)).isEqualTo(Coverage.NONE);
        assertThat(may(ALICE, Action.READ, "q-alice", allow(Who.EVERYONE, "exact", "q-%u")))
                .isTrue();
        assertThat(may(ALICE, Action.READ, "t.default.x", allow(Who.EVERYONE, "filter", "t.%t.>")))
                .isTrue();
        assertThat(may(ALICE, Action.READ, "100%u", allow(Who.EVERYONE, "exact", "100%%u")))
                .isTrue();
        assertThat(
                        may(
                                asker("j.smith", "c"),
                                Action.READ,
                                "home.j/smith.x",
                                allow(Who.EVERYONE, "mqtt", "home/%u/#")))
                .as("a dot in a name is a dot in a level of MQTT")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+", "#", "*", ">", "a/b", "a/+", "../x", "/", "", "+/#", "%u", "%c", ".*", "\\E.*",
                "\1", "\2", "\3", "\4", "alice/#", ".", "..", "a.b"
            })
    void noNameWidensAPattern(String name) {
        Rule mqtt = allow(Who.EVERYONE, "mqtt", "home/%c/#");
        Rule filter = allow(Who.EVERYONE, "filter", "nats.%u.>");
        Rule regex = allow(Who.EVERYONE, "regex", "^q-%c$");
        Rule prefix = allow(Who.EVERYONE, "prefix", "%c");
        Asker mallory = asker(name.isEmpty() ? "m" : name, name);
        for (String foreign :
                List.of("home.alice.x", "home.alice", "home", "nats.alice.x", "q-alice", "bob.x")) {
            assertThat(may(mallory, Action.READ, foreign, mqtt, filter, regex, prefix))
                    .as("%s reading %s", name, foreign)
                    .isFalse();
        }
        for (String wide :
                List.of("#", "home/#", "home/+/#", "home/alice/#", "nats/#", "+/alice/x")) {
            assertThat(coverage(mallory, wide, mqtt, filter, regex, prefix))
                    .as("%s subscribing to %s", name, wide)
                    .isEqualTo(Coverage.NONE);
        }
    }

    @Test
    void aDenialOfWhatNoNameCanStandForDeniesWhateverMightStandThere() {
        Rule all = allow(Who.EVERYONE, "any", "");
        Rule not = deny(Who.EVERYONE, "mqtt", "home/%c/secret");
        assertThat(may(asker("u", ""), Action.READ, "home.x.secret", all, not)).isFalse();
        assertThat(may(asker("u", "a/b"), Action.READ, "home.x.secret", all, not)).isFalse();
        assertThat(may(asker("u", "c"), Action.READ, "home.x.secret", all, not)).isTrue();
        assertThat(may(asker("u", ""), Action.READ, "home.x.open", all, not)).isTrue();
        Rule queue = deny(Who.EVERYONE, "exact", "q-%c");
        assertThat(may(asker("u", ""), Action.READ, "q-1", all, queue)).isFalse();
        assertThat(may(asker("u", ""), Action.READ, "p", all, queue)).isTrue();
    }

    @Test
    void coverageNeverGrantsASubjectThatARuleDenies() {
        Random random = new Random(11);
        String[] words = {"a", "b", "+", "#"};
        for (int round = 0; round < 3_000; round++) {
            Rule grant = allow(Who.EVERYONE, "mqtt", filter(random, words));
            Rule hole = deny(Who.EVERYONE, "mqtt", filter(random, words));
            String asked = filter(random, words);
            Coverage coverage = coverage(ALICE, asked, grant, hole);
            for (String subject : List.of("a", "b", "a.a", "a.b", "b.a", "a.b.a", "b.b.b")) {
                boolean matched =
                        may(ALICE, Action.READ, subject, allow(Who.EVERYONE, "mqtt", asked));
                boolean allowed = may(ALICE, Action.READ, subject, grant, hole);
                if (matched && coverage == Coverage.ALL) {
                    assertThat(allowed)
                            .as("%s in %s, %s but %s", subject, asked, grant, hole)
                            .isTrue();
                }
            }
        }
    }

    private static String filter(Random random, String[] words) {
        StringBuilder filter = new StringBuilder();
        int levels = 1 + random.nextInt(3);
        for (int i = 0; i < levels; i++) {
            String word = words[random.nextInt(i == levels - 1 ? 4 : 3)];
            filter.append(i == 0 ? "" : "/").append(word);
        }
        return filter.toString();
    }

    @Test
    void thoseWhoDifferInNothingThatMattersShareTheirAnswers() {
        RuleSet plain = new RuleSet(List.of(allow(Who.user("alice"), "any", "")), false);
        assertThat(plain.of(asker("alice", "c1"))).isSameAs(plain.of(asker("alice", "c2")));
        RuleSet personal = new RuleSet(List.of(allow(Who.EVERYONE, "mqtt", "%c")), false);
        assertThat(personal.of(asker("alice", "c1")))
                .isNotSameAs(personal.of(asker("alice", "c2")));
    }

    @Test
    void answersAreBounded() {
        AskerRules mine =
                new RuleSet(List.of(allow(Who.EVERYONE, "filter", "a.>")), false).of(ALICE);
        for (int i = 0; i < 10_000; i++) {
            assertThat(mine.decide(Action.READ, new Resource(Kind.SUBJECT, "a." + i)).allowed())
                    .isTrue();
        }
        assertThat(mine.answers()).isLessThanOrEqualTo(2_048);
    }

    @Test
    void rulesAreStoredAndReadBack() throws Exception {
        Rule rule =
                new Rule(
                        "id",
                        Effect.DENY,
                        new Who(
                                Set.of("u"),
                                Set.of("g"),
                                Set.of("c*"),
                                Set.of(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("::1")),
                                Set.of("t")),
                        Set.of(Action.READ, Action.CLUSTER_ACTION),
                        Set.of(Kind.TOPIC, Kind.ROUTING_KEY),
                        NamePattern.of("mqtt", "a/%u/#"),
                        "within",
                        "note");
        assertThat(RuleCodec.decode("id", RuleCodec.encode(rule))).isEqualTo(rule);
        Rule plain = allow(Who.EVERYONE, "any", "");
        assertThat(RuleCodec.decode(plain.id(), RuleCodec.encode(plain))).isEqualTo(plain);
    }

    @Test
    void aRuleThatCannotBeReadNeverWidensAccess() {
        Rule all = allow(Who.EVERYONE, "any", "");
        byte[] denying = "{\"effect\":\"deny\",\"match\":\"telepathy\"}".getBytes();
        byte[] allowing = "{\"effect\":\"allow\",\"match\":\"telepathy\"}".getBytes();
        assertThat(may(ALICE, Action.READ, "a", all, RuleCodec.unreadable("x", denying))).isFalse();
        assertThat(may(ALICE, Action.READ, "a", all, RuleCodec.unreadable("x", new byte[3])))
                .isFalse();
        assertThat(may(ALICE, Action.READ, "a", RuleCodec.unreadable("x", allowing))).isFalse();
        assertThat(may(ALICE, Action.READ, "a", all, RuleCodec.unreadable("x", allowing))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1/8",
                "10.0.0.0/33",
                "host",
                "localhost",
                "10.0.0.0/",
                "::/129",
                "",
                "1"
            })
    void addressesThatAreNoneAreRefused(String text) {
        assertThatThrownBy(() -> AddressRange.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void addressesAreMatchedBitByBit() {
        AddressRange range = AddressRange.parse("192.168.128.0/17");
        assertThat(range.contains(InetAddress.ofLiteral("192.168.255.1"))).isTrue();
        assertThat(range.contains(InetAddress.ofLiteral("192.168.127.1"))).isFalse();
        assertThat(range.contains(InetAddress.ofLiteral("::ffff:192.168.200.1"))).isTrue();
        assertThat(AddressRange.parse("::/0").contains(InetAddress.ofLiteral("1.2.3.4"))).isFalse();
        assertThat(AddressRange.parse("0.0.0.0/0").contains(InetAddress.ofLiteral("1.2.3.4")))
                .isTrue();
        assertThat(range.toString()).isEqualTo("192.168.128.0/17");
    }

    @ParameterizedTest
    @CsvSource({"regex,(", "filter,a..b", "mqtt,a/#/b", "telepathy,x"})
    void patternsThatMakeNoSenseAreRefused(String match, String text) {
        assertThatThrownBy(() -> NamePattern.of(match, text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void filtersWrittenAsNamesAreRecognised() {
        assertThat(WrittenFilters.parse("a.b")).isNull();
        assertThat(WrittenFilters.parse("a.b*")).isNull();
        for (String wild : List.of("a.*", "a.+", "#", "a.>", ">", "*.b")) {
            assertThat(WrittenFilters.parse(wild)).isNotNull();
        }
    }
}
