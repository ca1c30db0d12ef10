namespace Busbar.Wire.Json;

/// <summary>Members that were kept from an object which is gone.</summary>
internal static class JsonMembers
{
    /// <summary>The value of the first member called <paramref name="name"/>; missing when there is none.</summary>
    public static JsonNode Find(this List<JsonMember> members, ReadOnlySpan<byte> name)
    {
        foreach (JsonMember member in members)
        {
            if (member.Name.Is(name))
            {
                return member.Value;
            }
        }

        return default;
    }

    /// <summary>Writes all of them into the open object, as they were read.</summary>
    public static void Write(this List<JsonMember> members, JsonWriter output)
    {
        foreach (JsonMember member in members)
        {
            output.Raw(member.Name.Span, member.Value.Raw);
        }
    }
}
