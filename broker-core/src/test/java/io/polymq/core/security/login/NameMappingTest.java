package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Names of certificates become users by Kafka's mapping rules. */
class NameMappingTest {

    private static final String DN = "CN=Duke, OU=ServiceUsers, O=Org, C=US";

    @Test
    void withoutRulesANameStaysAsItIs() {
        assertThat(NameMapping.of(List.of()).apply(DN)).isEqualTo(DN);
    }

    @Test
    void theFirstRuleThatFitsDecides() {
        NameMapping mapping =
                NameMapping.of(
                        List.of(
                                "RULE:^CN=(.*?), OU=ServiceUsers.*$/$1/",
                                "RULE:^CN=(.*?), OU=.*$/$1@$1/U",
                                "DEFAULT"));
        assertThat(mapping.apply(DN)).isEqualTo("Duke");
        assertThat(mapping.apply("CN=joe, OU=Admins")).isEqualTo("JOE@JOE");
        assertThat(mapping.apply("O=nobody")).isEqualTo("O=nobody");
    }

    @Test
    void lettersAreMadeSmallAndSlashesCanBeQuoted() {
        NameMapping mapping = NameMapping.of(List.of("RULE:^CN=(.*?),.*$/a\\/$1/L"));
        assertThat(mapping.apply(DN)).isEqualTo("a/duke");
    }

    @Test
    void aNameThatNoRuleFitsIsNobody() {
        assertThat(NameMapping.of(List.of("RULE:^CN=x$/x/")).apply(DN)).isNull();
    }

    @Test
    void whatIsNoRuleIsRefused() {
        assertThatThrownBy(() -> NameMapping.of(List.of("RULE:half")))
                .hasMessageContaining("RULE:half");
        assertThatThrownBy(() -> NameMapping.of(List.of("RULE:(/x/")))
                .hasMessageContaining("auth.certificate.mapping");
    }
}
