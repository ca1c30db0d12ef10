using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>The token counts of a whole answer that nobody else needs to read.</summary>
internal static class WholeUsage
{
    // Only ever of one answer at a time on a thread.
    [ThreadStatic]
    private static JsonTape? t_tape;

    /// <summary>
    /// Finds the top-level member <c>usage</c> of <paramref name="body"/>, skipping everything else, and reads it with <paramref name="read"/>;
    /// unreported when there is none. <paramref name="alias"/> is another name that the member may have. The tier of service that the body names goes
    /// with it. A body that breaks off still counts with what it has reported.
    /// </summary>
    public static Usage Find(ReadOnlyMemory<byte> body, Func<JsonNode, Usage> read, ReadOnlySpan<byte> alias = default)
    {
        Usage found = default;
        var members = new TopLevelMembers(body);
        while (members.Read())
        {
            bool isUsage = members.Name.Is("usage"u8) || (!alias.IsEmpty && members.Name.Is(alias));
            if (!isUsage && !members.Name.Is("service_tier"u8) && !members.Name.Is("serviceTier"u8))
            {
                continue;
            }

            JsonTape tape = t_tape ??= new JsonTape();
            tape.TryParse(members.Value);
            if (isUsage)
            {
                ServedTier tier = found.Tier;
                found = read(tape.Root);
                found.Tier = found.Tier == ServedTier.Standard ? tier : found.Tier;
            }
            else
            {
                // Bedrock has it in an object.
                found = found.In(tape.Root.IsObject ? tape.Root["type"u8].Text : tape.Root.Text);
            }

            tape.Clear();
        }

        return found;
    }
}
