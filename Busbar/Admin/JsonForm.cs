using Busbar.Configuration.Binding;
using Busbar.Governance.Groups;
using Busbar.Reliability;
using Busbar.Wire.Json;

namespace Busbar.Admin;

/// <summary>
/// A JSON body read member by member. Every reader answers with a fallback when a value is wrong, and <see cref="Problem"/> keeps the first thing
/// that is. Messages name members that are known here and never anything that the body says.
/// </summary>
internal sealed class JsonForm : IDisposable
{
    // What half of a surrogate pair, or bytes that are no UTF-8, are read as.
    private const char Unreadable = '\uFFFD';

    private readonly JsonTape _tape = new();
    private readonly Dictionary<string, JsonNode> _members = new(StringComparer.Ordinal);

    /// <summary>Opens a body; an empty one is an object without members.</summary>
    /// <param name="body">The body.</param>
    /// <param name="known">Members that it may have.</param>
    /// <param name="fixed">Members that exist, but that cannot be set here.</param>
    public JsonForm(ReadOnlyMemory<byte> body, IReadOnlyCollection<string> known, IReadOnlyCollection<string> @fixed)
    {
        if (body.IsEmpty)
        {
            return;
        }

        if (!_tape.TryParse(body))
        {
            Fail("the body is not JSON", "malformed_json");
        }
        else if (!_tape.Root.IsObject)
        {
            Fail("the body must be a JSON object");
        }
        else
        {
            Open(_tape.Root, known, @fixed);
        }
    }

    /// <summary>The first thing that is wrong; null while nothing is.</summary>
    public AdminError? Problem { get; private set; }

    /// <summary>Names of the members it has, comma-separated.</summary>
    public string Names => string.Join(',', _members.Keys);

    /// <summary>Whether it has the member, were it null.</summary>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>Notes that something is wrong, unless something was before.</summary>
    public void Fail(string message, string code = "invalid_value") => Problem ??= AdminError.Invalid(message, code);

    /// <summary>
    /// A text of 1 to <paramref name="longest"/> characters, none of them a control character; null when it is null or missing, or wrong.
    /// </summary>
    public string? Text(string name, int longest) => Of(name) is { IsNull: false } node ? TextOf(node, $"'{name}'", longest) : null;

    /// <summary>As <see cref="Text"/>, and it must be there.</summary>
    public string RequiredText(string name, int longest)
    {
        string? text = Text(name, longest);
        if (text is null)
        {
            Fail($"'{name}' is required");
        }

        return text ?? "";
    }

    /// <summary>A whole number in a range; null when it is null or missing, or wrong.</summary>
    public long? Integer(string name, long least, long most)
    {
        JsonNode node = Of(name);
        if (node.IsNull)
        {
            return null;
        }

        if (node.Integer is not { } number)
        {
            Fail($"'{name}' must be a whole number from {least} to {most}, or null");
            return null;
        }

        if (number < least || number > most)
        {
            Fail($"'{name}' must be at {(number < least ? $"least {least}" : $"most {most}")}");
            return null;
        }

        return number;
    }

    /// <summary>A switch, which must not be null.</summary>
    public bool Switch(string name)
    {
        if (Of(name).Bool is not { } value)
        {
            Fail($"'{name}' must be true or false");
            return false;
        }

        return value;
    }

    /// <summary>One of some words, which must not be null.</summary>
    public T Choice<T>(string name, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        List<string> words = [];
        string text = Of(name).Text.ToString();
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        Fail($"'{name}' must be one of: {string.Join(", ", words)}");
        return default;
    }

    /// <summary>A list of texts; empty when it is null or missing, or wrong.</summary>
    public IReadOnlyList<string> Texts(string name, int most, int longest)
    {
        JsonNode node = Of(name);
        if (node.IsNull)
        {
            return [];
        }

        if (!node.IsArray)
        {
            Fail($"'{name}' must be a list of texts");
        }

        List<string> texts = [];
        foreach (JsonNode item in node.Items)
        {
            if (texts.Count == most)
            {
                Fail($"'{name}' must have at most {most} items");
                break;
            }

            texts.Add(TextOf(item, $"each item of '{name}'", longest) ?? "");
        }

        if (texts.Distinct(StringComparer.Ordinal).Count() != texts.Count)
        {
            Fail($"'{name}' has an item twice");
        }

        return texts;
    }

    /// <summary>An object of texts; empty when it is null or missing, or wrong.</summary>
    public IReadOnlyDictionary<string, string> Map(string name, int most, int longest)
    {
        JsonNode node = Of(name);
        Dictionary<string, string> map = new(StringComparer.Ordinal);
        if (node.IsNull)
        {
            return map;
        }

        if (!node.IsObject)
        {
            Fail($"'{name}' must be an object of texts");
        }

        foreach (JsonMember member in node.Members)
        {
            if (map.Count == most)
            {
                Fail($"'{name}' must have at most {most} members");
                break;
            }

            string key = Checked(member.Name.ToString(), $"each member's name in '{name}'", longest) ?? "";
            if (!map.TryAdd(key, TextOf(member.Value, $"each member of '{name}'", longest) ?? ""))
            {
                Fail($"'{name}' has a member twice");
            }
        }

        return map;
    }

    /// <summary>
    /// A list of limits; empty when it is null or missing, or wrong. Pools and models that one is about, or that it goes to, must be of
    /// <paramref name="fleet"/>, unless one of <paramref name="before"/>, the limits that it takes the place of, named them already: a pool may have
    /// gone since then, and the others are to be changed all the same.
    /// </summary>
    public IReadOnlyList<Limit> Limits(string name, Fleet fleet, IReadOnlyList<Limit> before, bool forSessions = true)
    {
        List<Limit> limits = LimitJson.Read(Of(name), name, message => Fail(message));
        int session = forSessions ? -1 : limits.FindIndex(limit => limit.IsPerSession);
        if (session >= 0)
        {
            Fail($"'{name}[{session}].per': sessions are those of keys; put the limit into child_limits, or into limits of keys");
        }

        for (int i = 0; i < limits.Count; i++)
        {
            Known(limits[i].Scope, $"{name}[{i}].pool");
            Known(limits[i].Downgrade, $"{name}[{i}].downgrade");
        }

        return limits;

        void Known(string? pool, string at)
        {
            if (pool is not null && fleet.Resolve(pool) is null && !before.Any(limit => limit.Scope == pool || limit.Downgrade == pool))
            {
                string[] names = [.. fleet.Pools.Concat(fleet.Direct).Select(known => known.Name)];
                Fail($"'{at}' names no pool and no model of the configuration in force ({Nearest.Remedy(pool, names) ?? "it has none"}); name one " +
                    "that is, or put it into the configuration and reload first", "unknown_pool");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _tape.Dispose();

    private JsonNode Of(string name) => _members.GetValueOrDefault(name);

    private void Open(JsonNode root, IReadOnlyCollection<string> known, IReadOnlyCollection<string> @fixed)
    {
        foreach (JsonMember member in root.Members)
        {
            string name = member.Name.ToString();
            if (@fixed.Contains(name))
            {
                Fail($"'{@fixed.First(other => other == name)}' cannot be changed", "immutable");
            }
            else if (!known.Contains(name))
            {
                Fail($"the body has an unknown member; {Nearest.Remedy(name, known) ?? "it takes none"}", "unknown_member");
            }
            else if (!_members.TryAdd(name, member.Value))
            {
                Fail($"'{name}' is given twice", "duplicate_member");
            }
        }
    }

    private string? TextOf(JsonNode node, string what, int longest)
    {
        if (node.IsString)
        {
            return Checked(node.Text.ToString(), what, longest);
        }

        Fail($"{what} must be a text");
        return null;
    }

    private string? Checked(string text, string what, int longest)
    {
        if (text.Contains(Unreadable))
        {
            Fail($"{what} has a character that is none, such as half of a surrogate pair (\\ud83d without the other half); write it whole, or " +
                "leave it out");
            return null;
        }

        if (!string.IsNullOrWhiteSpace(text) && text.Length <= longest && !text.AsSpan().ContainsAny(ControlCharacters.All))
        {
            return text;
        }

        Fail($"{what} must have 1 to {longest} characters, and no control characters");
        return null;
    }
}
