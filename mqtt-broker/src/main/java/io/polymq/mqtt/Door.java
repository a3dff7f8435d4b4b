package io.polymq.mqtt;

import io.polymq.codec.mqtt.TopicRules;
import io.polymq.config.MqttListenerConfig;
import io.polymq.core.security.Principal;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What holds for all clients that came in by one listener. A mount point stands in front of all
 * that they publish and subscribe to, and is taken off what they get. Shared, immutable.
 */
final class Door {

    /** That of the listeners without settings of their own. */
    static final Door MAIN = new Door("", false, "", Set.of(), Set.of());

    private static final String DELAYED = "$delayed/";

    private final String mountPoint;
    private final byte[] mounted;
    private final boolean loginRequired;
    private final String tenant;
    private final Set<String> groups;
    private final Set<String> userGroups;

    private Door(
            String mountPoint,
            boolean loginRequired,
            String tenant,
            Set<String> groups,
            Set<String> userGroups) {
        this.mountPoint = mountPoint;
        this.mounted = mountPoint.getBytes(StandardCharsets.UTF_8);
        this.loginRequired = loginRequired;
        this.tenant = tenant;
        this.groups = groups;
        this.userGroups = userGroups;
    }

    static Door of(MqttListenerConfig config) {
        return new Door(
                config.mountPoint(),
                config.loginRequired(),
                config.tenant(),
                Set.copyOf(config.groups()),
                Set.copyOf(config.userGroups()));
    }

    /** Why it does not let someone in who may log in elsewhere; null when it does. */
    @Nullable String refusal(Principal known) {
        if (loginRequired && !known.isProven()) {
            return "a login is needed here";
        }
        boolean welcome =
                userGroups.isEmpty()
                        || known.user().equals(Principal.ANONYMOUS.user())
                        || known.groups().stream().anyMatch(userGroups::contains);
        return welcome ? null : "this user does not log in here";
    }

    /** Who came in by it, as rules see it. */
    Principal entered(Principal known) {
        if (groups.isEmpty()) {
            return known;
        }
        Set<String> all = new HashSet<>(known.groups());
        all.addAll(groups);
        return new Principal(known.user(), known.tenant(), all, known.attributes(), known.admin());
    }

    /** Empty when it names none. */
    String tenant() {
        return tenant;
    }

    boolean mounts() {
        return mounted.length > 0;
    }

    /** Where its clients' topics begin; not to be written to. */
    byte[] mounted() {
        return mounted;
    }

    /** The topic that a client means. */
    Subject mount(Subject topic) {
        return Subject.ofSlashed(mountTopic(new String(topic.slashed(), StandardCharsets.UTF_8)));
    }

    String mountTopic(String topic) {
        return mountAt(topic, topic.startsWith(DELAYED) ? behindLevel(topic, DELAYED) : 0);
    }

    /** The filter that a client means; one that is valid stays so. */
    String mountFilter(String filter) {
        int at = 0;
        if (filter.startsWith(TopicRules.SHARE)) {
            at = behindLevel(filter, TopicRules.SHARE);
        } else if (filter.startsWith(Subscriptions.QUEUE)) {
            at = Subscriptions.QUEUE.length();
        } else if (filter.startsWith(Subscriptions.EXCLUSIVE)) {
            at = Subscriptions.EXCLUSIVE.length();
        }
        return mountAt(filter, at);
    }

    private static int behindLevel(String text, String prefix) {
        int slash = text.indexOf('/', prefix.length());
        return slash < 0 ? text.length() : slash + 1;
    }

    private String mountAt(String text, int at) {
        return at == text.length() ? text : text.substring(0, at) + mountPoint + text.substring(at);
    }
}
