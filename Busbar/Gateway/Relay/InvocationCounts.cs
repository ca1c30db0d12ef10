using System.Globalization;
using Busbar.Ir;
using Busbar.Upstream;

namespace Busbar.Gateway.Relay;

/// <summary>The counts that Bedrock puts into headers of an answer of <c>InvokeModel</c>, whatever the model.</summary>
internal static class InvocationCounts
{
    /// <summary>What <paramref name="head"/> says; unreported when it says nothing.</summary>
    public static Usage Of(ResponseHead head) => new Usage
    {
        Input = Count(head, "x-amzn-bedrock-input-token-count"),
        CacheRead = Count(head, "x-amzn-bedrock-cache-read-input-token-count"),
        CacheWrite = Count(head, "x-amzn-bedrock-cache-write-input-token-count"),
        Output = Count(head, "x-amzn-bedrock-output-token-count"),
    }.IfAny();

    private static long Count(ResponseHead head, string name) =>
        head.TryGet(name, out ReadOnlySpan<char> text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            ? Usage.Count(count) : 0;
}
