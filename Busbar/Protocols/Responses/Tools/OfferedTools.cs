using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>The tools of a request by everything that a tool choice may call them.</summary>
internal sealed class OfferedTools
{
    private readonly Dictionary<JsonText, JsonText> _byName = [];
    private readonly Dictionary<JsonText, JsonText> _byOwnName = [];
    private readonly Dictionary<JsonText, List<JsonText>> _groups = [];
    private readonly Dictionary<(JsonText Group, JsonText OwnName), JsonText> _inGroups = [];
    private readonly Dictionary<ToolForm, JsonText> _byForm = [];
    private readonly Dictionary<JsonText, JsonText> _hosted = [];
    private JsonText _search;

    /// <summary>An index over <paramref name="tools"/>, in which the first of several wins.</summary>
    public OfferedTools(List<Tool> tools)
    {
        foreach (Tool tool in tools)
        {
            if (tool.Form <= ToolForm.Custom)
            {
                _byName.TryAdd(tool.Name, tool.Name);
            }
            else
            {
                _byForm.TryAdd(tool.Form, tool.Name);
            }

            _byOwnName[tool.OwnName] = tool.Name;
            AddToGroup(tool);
            if (tool.Kind == ToolKind.Hosted)
            {
                AddHosted(tool);
            }
        }
    }

    /// <summary>The names of all tools of a group.</summary>
    public List<JsonText> Group(JsonText name) => _groups.GetValueOrDefault(name) ?? [];

    /// <summary>
    /// The name of the tool that <paramref name="entry"/> of <paramref name="type"/> means; absent for none. A tool in a group may be named with the
    /// group, or without when no other has the name; tools the vendor knows are named by their type.
    /// </summary>
    public JsonText NameOf(JsonNode entry, JsonText type)
    {
        if (!type.Is("function"u8) && !type.Is("custom"u8))
        {
            // Dated and preview versions of a tool are the same to a choice.
            ToolForm form = ClientTools.FormOf(type);
            return form != ToolForm.Function ? _byForm.GetValueOrDefault(form)
                : type.Span.StartsWith("web_search"u8) ? _search
                : _hosted.GetValueOrDefault(type);
        }

        JsonText own = entry["name"u8].Text.IsAbsent ? entry[type.Span]["name"u8].Text : entry["name"u8].Text;
        JsonText group = entry["namespace"u8].Text;
        if (own.IsAbsent)
        {
            return default;
        }

        return !group.IsAbsent ? _inGroups.GetValueOrDefault((group, own), own)
            : _byName.TryGetValue(own, out JsonText name) ? name
            : _byOwnName.GetValueOrDefault(own, own);
    }

    private void AddToGroup(in Tool tool)
    {
        if (tool.Namespace.IsAbsent)
        {
            return;
        }

        if (!_groups.TryGetValue(tool.Namespace, out List<JsonText>? group))
        {
            _groups.Add(tool.Namespace, group = []);
        }

        group.Add(tool.Name);
        _inGroups.TryAdd((tool.Namespace, tool.OwnName), tool.Name);
    }

    private void AddHosted(in Tool tool)
    {
        using var tape = new JsonTape();
        JsonText type = tape.TryParse(tool.Raw.Raw) ? tape.Root["type"u8].Text : default;
        _hosted.TryAdd(type, tool.Name);
        _search = _search.IsAbsent && type.Span.StartsWith("web_search"u8) ? tool.Name : _search;
    }
}
