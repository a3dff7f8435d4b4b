package io.polymq.mq9;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The registry's commands. */
class AgentsTest {

    private static final String CARD =
            """
            {"name":"polyglot","description":"Works with languages","url":"http://a/","version":"1",
             "capabilities":{"streaming":true},"extra":{"kept":[1,2]},
             "skills":[{"id":"t","name":"TranslateText","description":"Translation of documents",
                        "tags":["french","german"],"examples":["translate this letter"]}]}
            """;

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private String error(String command, String body) {
        return rig.ask("$mq9.AI.AGENT." + command, body).path("error").asText("missing");
    }

    private List<String> found(String body) {
        List<String> names = new ArrayList<>();
        rig.ask("$mq9.AI.AGENT.DISCOVER", body)
                .path("agents")
                .forEach(agent -> names.add(agent.path("name").asText()));
        return names;
    }

    private void register(String name, String payload) {
        assertThat(error("REGISTER", "{\"name\":\"" + name + "\",\"payload\":\"" + payload + "\"}"))
                .isEmpty();
    }

    @Test
    void registeringAnewReplacesTheCard() {
        register("a", "paints houses");
        register("a", "cooks soup");

        JsonNode agent = rig.ask("$mq9.AI.AGENT.DISCOVER", "").path("agents").path(0);
        assertThat(agent.path("agent_info").asText()).isEqualTo("cooks soup");
        assertThat(found("{\"text\":\"soup\"}")).containsExactly("a");
        assertThat(found("{\"text\":\"houses\"}")).isEmpty();
    }

    @Test
    void anA2aCardIsKeptWholeAndFoundByItsSkills() throws Exception {
        assertThat(error("REGISTER", CARD)).isEmpty();

        JsonNode agent =
                rig.ask("$mq9.AI.AGENT.DISCOVER", "{\"text\":\"german\"}").path("agents").path(0);

        assertThat(Mq9Rig.JSON.readTree(agent.path("agent_info").asText()))
                .isEqualTo(Mq9Rig.JSON.readTree(CARD));
        assertThat(agent.path("agent_id").asText()).isEqualTo("default\0polyglot");
        assertThat(agent.path("description").asText()).isEqualTo("Works with languages");
        assertThat(found("{\"text\":\"documents\"}")).containsExactly("polyglot");
        assertThat(found("{\"text\":\"letter\"}")).containsExactly("polyglot");
        assertThat(found("{\"text\":\"translate\"}")).containsExactly("polyglot");
    }

    @Test
    void theSpellingsOfTheClientsLibrariesAreUnderstood() {
        assertThat(
                        error(
                                "REGISTER",
                                "{\"name\":\"n\",\"mailbox\":\"m.box\",\"payload\":\"says\","
                                        + "\"agent_card\":{\"name\":\"n\",\"description\":\"weaves\"}}"))
                .isEmpty();
        assertThat(found("{\"text\":\"weaves\"}")).containsExactly("n");
        assertThat(error("REPORT", "{\"mailbox\":\"m.box\",\"status\":\"busy\"}")).isEmpty();

        JsonNode agent = rig.ask("$mq9.AI.AGENT.DISCOVER", "{}").path("agents").path(0);
        assertThat(agent.path("mailbox").asText()).isEqualTo("m.box");
        assertThat(agent.path("report_info").asText()).isEqualTo("busy");
        assertThat(error("UNREGISTER", "{\"mailbox\":\"m.box\"}")).isEmpty();
        assertThat(found("{}")).isEmpty();
    }

    @Test
    void meaningWinsOverTextAndFindsOtherFormsOfAWord() {
        register("translator", "translates texts between languages");
        register("cook", "prepares meals and soups");

        assertThat(found("{\"semantic\":\"translation of text\",\"text\":\"meals\"}").getFirst())
                .isEqualTo("translator");
    }

    @Test
    void listsAreInPagesWithATotal() {
        for (int i = 10; i < 35; i++) {
            register("agent" + i, "does things");
        }

        assertThat(found("{}")).hasSize(20).startsWith("agent10", "agent11");
        assertThat(found("{\"limit\":10,\"page\":3}"))
                .containsExactly("agent30", "agent31", "agent32", "agent33", "agent34");
        assertThat(found("{\"text\":\"things\",\"limit\":10,\"page\":3}")).hasSize(5);
        assertThat(found("{\"page\":99}")).isEmpty();
        assertThat(rig.ask("$mq9.AI.AGENT.DISCOVER", "{}").path("total").asInt()).isEqualTo(25);
    }

    @Test
    void whatFitsAlikeIsOnOnePageEach() {
        for (int i = 99; i >= 10; i--) {
            register("agent" + i, "does things");
        }
        for (String question : new String[] {"\"text\":\"things\"", "\"semantic\":\"things\""}) {
            Set<String> all = new HashSet<>();
            for (int page = 1; page <= 9; page++) {
                all.addAll(found("{" + question + ",\"limit\":10,\"page\":" + page + "}"));
            }
            assertThat(all).as(question).hasSize(90);
        }
    }

    @Test
    void anAgentIsAliveAsLongAsItReports() {
        register("a", "x");
        register("b", "x");
        rig.pass(Duration.ofSeconds(50));
        assertThat(error("REPORT", "{\"name\":\"a\",\"report_info\":\"well\"}")).isEmpty();
        rig.pass(Duration.ofSeconds(50));

        assertThat(found("{\"alive\":true}")).containsExactly("a");
        assertThat(found("{}")).containsExactly("a", "b");
    }

    @Test
    void anAgentWithATimeToLiveIsForgottenWhenItIsSilent() {
        assertThat(error("REGISTER", "{\"name\":\"a\",\"payload\":\"x\",\"ttl\":30}")).isEmpty();
        register("b", "x");
        rig.pass(Duration.ofSeconds(31));

        assertThat(found("{}")).containsExactly("b");
    }

    @Test
    void onlyWhoRegisteredAnAgentMayChangeIt() {
        rig.as("ann", "default");
        register("a", "x");
        rig.as("bob", "default");

        assertThat(error("REGISTER", "{\"name\":\"a\",\"payload\":\"mine now\"}"))
                .isEqualTo("agent a is registered by another user");
        assertThat(error("UNREGISTER", "{\"name\":\"a\"}"))
                .isEqualTo("agent a is registered by another user");
        assertThat(error("REPORT", "{\"name\":\"a\"}"))
                .isEqualTo("agent a is registered by another user");
        assertThat(found("{}")).containsExactly("a");
    }

    @Test
    void errorsHaveTheirTexts() {
        assertThat(error("REGISTER", "{\"name\":\"\",\"payload\":\"x\"}"))
                .isEqualTo("agent name must not be empty");
        assertThat(error("REGISTER", "{\"name\":\"a\",\"payload\":\"\"}"))
                .isEqualTo("agent_info must not be empty");
        assertThat(error("UNREGISTER", "{\"name\":\"nobody\"}")).isEmpty();
        assertThat(error("REPORT", "{\"name\":\"nobody\"}")).isEqualTo("agent not found: nobody");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "{", "[]", "{\"payload\":\"x\"}", "{\"name\":5}", "{\"name\":\"a\"}"})
    void aMalformedRegistrationIsRefused(String body) {
        assertThat(error("REGISTER", body)).startsWith("invalid REGISTER payload: ");
    }

    @Test
    void tenantsHaveRegistriesOfTheirOwn() {
        register("a", "x");
        rig.as("ann", "other");

        assertThat(found("{}")).isEmpty();
    }
}
