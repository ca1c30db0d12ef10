using System.Text.Json;
using Busbar.Admin;
using Busbar.Admin.Keys;
using Busbar.Admin.Process;

namespace Busbar.Tests.Admin;

/// <summary>
/// The document describes what is there and nothing else. That answers keep to it is checked with every answer of <see cref="AdminScene"/>.
/// </summary>
public sealed class OpenApiTests
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "options", "head", "trace"];
    private static readonly JsonElement Document = JsonDocument.Parse(ProcessEndpoints.OpenApiDocument.ToArray()).RootElement;

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select (path.Name, operation.Name.ToUpperInvariant(), operation.Value);

    [Fact]
    public void It_documents_every_route_and_no_other() => Assert.Equal(
        AdminRoutes.All.Select(route => $"{route.Method} {route.Pattern}").Order(StringComparer.Ordinal),
        Operations.Select(operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal));

    [Fact]
    public void It_documents_bodies_and_query_parameters_as_the_routes_take_them() => Assert.All(Operations, operation =>
    {
        AdminRoute route = AdminRoutes.All.Single(route => route.Method == operation.Method && route.Pattern == operation.Path);
        Assert.Equal(route.TakesBody, operation.Operation.TryGetProperty("requestBody", out _));
        IEnumerable<string> query = operation.Operation.TryGetProperty("parameters", out JsonElement parameters)
            ? parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query")
                .Select(parameter => parameter.GetProperty("name").GetString()!)
            : [];
        Assert.Equal(route.Query.Order(), query.Order());
    });

    [Fact]
    public void Its_members_of_bodies_are_those_that_are_read()
    {
        JsonElement schemas = Document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(KeyFields.Changeable.Append(KeyFields.Hash).Order(), Members("CreateKey"));
        Assert.Equal(KeyFields.Changeable.Order(), Members("UpdateKey"));

        IEnumerable<string> Members(string schema) => schemas.GetProperty(schema).GetProperty("properties").EnumerateObject()
            .Select(member => member.Name).Order();
    }

    [Fact]
    public void Its_examples_are_valid() => Assert.All(Document.GetProperty("components").GetProperty("schemas").EnumerateObject(), schema =>
    {
        if (schema.Value.TryGetProperty("example", out JsonElement example))
        {
            Assert.Empty(SchemaCheck.Validate(Document, schema.Value, example));
        }
    });

    [Fact]
    public async Task Its_examples_of_bodies_are_accepted()
    {
        await using var scene = new AdminScene();
        JsonElement schemas = Document.GetProperty("components").GetProperty("schemas");
        (string id, _) = await scene.CreateAsync(Example("CreateKey"));

        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", Example("UpdateKey"))).Status);
        Assert.Equal(200, (await scene.SendAsync("POST", $"/admin/keys/{id}/rotate", Example("RotateKey"))).Status);

        string Example(string schema) => schemas.GetProperty(schema).GetProperty("example").GetRawText();
    }

    [Fact]
    public async Task It_is_served()
    {
        await using var scene = new AdminScene();

        Assert.Equal("3.1.0", (await scene.SendAsync("GET", "/admin/openapi.json", token: AdminScene.ReadToken)).Text("openapi"));
    }
}
