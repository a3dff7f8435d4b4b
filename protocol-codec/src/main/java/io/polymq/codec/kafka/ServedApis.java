package io.polymq.codec.kafka;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * The keys, versions and features that are served, and how clients are told. A key is served in all
 * stable versions that the message classes know, or it is absent. Immutable.
 */
public final class ServedApis {

    /** Older librdkafka turns itself off when this is missing, although nobody sends it. */
    private static final short ADVERTISED_PRODUCE_MIN = 0;

    private final Set<ApiKeys> keys;
    private final List<Feature> features;

    /**
     * @param name as clients know it
     * @param min the lowest level supported
     * @param max the highest level supported
     * @param level the level in force, 0 when the feature is off
     */
    public record Feature(String name, int min, int max, int level) {}

    public ServedApis(Collection<ApiKeys> keys, Collection<Feature> features) {
        this.keys = EnumSet.copyOf(keys);
        this.features = List.copyOf(features);
    }

    public boolean serves(ApiKeys key) {
        return keys.contains(key);
    }

    public boolean serves(ApiKeys key, short version) {
        return keys.contains(key) && version >= key.oldestVersion() && version <= newest(key);
    }

    public Set<ApiKeys> keys() {
        return Set.copyOf(keys);
    }

    public List<Feature> features() {
        return features;
    }

    /** The answer to an ApiVersions request. */
    public ApiVersionsResponseData answer() {
        ApiVersionsResponseData answer = new ApiVersionsResponseData().setFinalizedFeaturesEpoch(0);
        for (ApiKeys key : keys) {
            answer.apiKeys().add(entry(key));
        }
        for (Feature feature : features) {
            answer.supportedFeatures()
                    .add(
                            new SupportedFeatureKey()
                                    .setName(feature.name)
                                    .setMinVersion((short) feature.min)
                                    .setMaxVersion((short) feature.max));
            if (feature.level > 0) {
                answer.finalizedFeatures()
                        .add(
                                new FinalizedFeatureKey()
                                        .setName(feature.name)
                                        .setMinVersionLevel((short) feature.level)
                                        .setMaxVersionLevel((short) feature.level));
            }
        }
        return answer;
    }

    /** The answer, in version 0, to an ApiVersions request of a version that is not served. */
    public ApiVersionsResponseData refusal() {
        ApiVersionsResponseData answer =
                new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        answer.apiKeys().add(entry(ApiKeys.API_VERSIONS));
        return answer;
    }

    private static ApiVersion entry(ApiKeys key) {
        return new ApiVersion()
                .setApiKey(key.id)
                .setMinVersion(
                        key == ApiKeys.PRODUCE ? ADVERTISED_PRODUCE_MIN : key.oldestVersion())
                .setMaxVersion(newest(key));
    }

    private static short newest(ApiKeys key) {
        return key.latestVersion(false);
    }
}
