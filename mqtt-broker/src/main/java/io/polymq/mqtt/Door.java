package io.polymq.mqtt;

import io.polymq.codec.mqtt.TopicRules;
import io.polymq.config.MqttListenerConfig;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;

/**
 * What holds for all clients that came in by one listener. A mount point stands in front of all
 * that they publish and subscribe to, and is taken off what they get. Shared, immutable.
 */
final class Door {

    /** That of the listeners without settings of their own. */
    static final Door MAIN = new Door("", false, "");

    private static final String DELAYED = "$delayed/";

    private final String mountPoint;
    private final byte[] mounted;
    private final boolean loginRequired;
    private final String tenant;

    private Door(String mountPoint, boolean loginRequired, String tenant) {
        this.mountPoint = mountPoint;
        this.mounted = mountPoint.getBytes(StandardCharsets.UTF_8);
        this.loginRequired = loginRequired;
        this.tenant = tenant;
    }

    static Door of(MqttListenerConfig config) {
        return new Door(config.mountPoint(), config.loginRequired(), config.tenant());
    }

    boolean loginRequired() {
        return loginRequired;
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
