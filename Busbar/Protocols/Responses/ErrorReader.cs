using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Reads the errors this protocol reports inside a 200 answer; HTTP error bodies are those of the Chat API.</summary>
internal static class ErrorReader
{
    /// <summary>Lifts an HTTP error body.</summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body) => OpenAI.ErrorReader.Read(status, body);

    /// <summary>Lifts an error object of a stream or of a failed response, and says what kind of failure it is.</summary>
    public static StreamError ReadInBand(JsonNode error)
    {
        ProviderError lifted = OpenAI.ErrorReader.Lift(400, error);
        return new StreamError(lifted.IsContextLength ? FaultClass.ContextLength : Classify(lifted), lifted);
    }

    private static FaultClass Classify(in ProviderError error) => error.Code switch
    {
        "server_is_overloaded" or "slow_down" => FaultClass.Overloaded,
        "vector_store_timeout" => FaultClass.Timeout,
        "bio_policy" or "cyber_policy" or "misalignment_policy_violation" or "data_residency_mismatch" or "invalid_prompt" => FaultClass.ClientError,
        { } code when code.Contains("image", StringComparison.Ordinal) => FaultClass.ClientError,
        _ => OpenAI.ErrorReader.Classify(error),
    };
}
