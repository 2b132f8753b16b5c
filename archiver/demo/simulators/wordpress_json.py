"""The WordPress simulator's world as the REST API's JSON, with the fields of each context."""

from __future__ import annotations

from datetime import datetime

from archiver.demo.simulators.wordpress_world import Comment, Post, Revision, User, WordPressWorld

Json = dict[str, object]
STATUSES = {
    "publish": "Published",
    "future": "Scheduled",
    "draft": "Draft",
    "pending": "Pending",
    "private": "Private",
    "trash": "Trash",
}


class Rendering:
    """Writes one world's JSON; `edit` is the context, `embed` the relations to be embedded."""

    def __init__(self, world: WordPressWorld, *, edit: bool, embed: frozenset[str]) -> None:
        self._world = world
        self._edit = edit
        self._embed = embed

    def post(self, post: Post) -> Json:
        """A post, page, file or thing of a custom type."""
        if post.file is not None:
            return self._attachment(post)
        locked = bool(post.password) and not self._edit
        shown = "" if locked else post.content + "\n"
        body = self._common(post) | {
            "content": self._text(post.content, shown, protected=bool(post.password)),
            "excerpt": self._text(post.excerpt, shown[:80], protected=bool(post.password)),
            "featured_media": post.featured,
            "meta": [],
        }
        if self._edit:
            content = body["content"]
            assert isinstance(content, dict)
            content["block_version"] = 1 if "<!-- wp:" in post.content else 0
            body["password"] = post.password
        if post.type == "page":
            body |= {"parent": post.parent, "menu_order": 0}
        elif post.type == "post":
            body |= {
                "sticky": False,
                "format": "standard",
                "categories": post.categories,
                "tags": post.tags,
            }
        elif post.type in self._world.types:
            del body["featured_media"], body["meta"], body["excerpt"], body["ping_status"]
            body["ping_status"] = "closed"
        return self._linked(post, body)

    def comment(self, comment: Comment) -> Json:
        """A comment."""
        post = self._world.posts[comment.post]
        content: Json = {"rendered": f"<p>{comment.content}</p>\n"}
        body: Json = {
            "id": comment.id,
            "post": comment.post,
            "parent": comment.parent,
            "author": comment.user,
            "author_name": comment.name,
            "author_url": "",
            "date": self._local(comment.date),
            "date_gmt": _gmt(comment.date),
            "content": content,
            "link": f"{self._link(post)}#comment-{comment.id}",
            "status": comment.status,
            "type": comment.type,
            "author_avatar_urls": {"24": "", "48": "", "96": ""},
            "meta": [],
            "_links": {
                "self": [{"href": self._api(f"comments/{comment.id}")}],
                "collection": [{"href": self._api("comments")}],
                "up": [
                    {
                        "embeddable": True,
                        "post_type": post.type,
                        "href": self._api(f"{self._world.types[post.type]}/{post.id}"),
                    }
                ],
            },
        }
        if self._edit:
            content["raw"] = comment.content
            body |= {"author_email": "", "author_ip": comment.ip}
            body["author_user_agent"] = comment.agent
        return body

    def revision(self, post: Post, revision: Revision) -> Json:
        """An earlier state of a post."""
        kind = "autosave" if revision.autosave else "revision"
        link = f"{self._world.url}/?p={revision.id}"
        return {
            "author": revision.author,
            "date": self._local(revision.saved),
            "date_gmt": _gmt(revision.saved),
            "id": revision.id,
            "modified": self._local(revision.saved),
            "modified_gmt": _gmt(revision.saved),
            "parent": post.id,
            "slug": f"{post.id}-{kind}-v1",
            "guid": {"rendered": link, "raw": link},
            "title": self._text(revision.title, revision.title),
            "content": self._text(revision.content, revision.content + "\n"),
            "excerpt": self._text(revision.excerpt, revision.excerpt),
            "_links": {
                "parent": [{"href": self._api(f"{self._world.types[post.type]}/{post.id}")}]
            },
        }

    def user(self, user: User) -> Json:
        """A user as embedded in what they wrote, or in the edit context themselves."""
        body: Json = {
            "id": user.id,
            "name": user.name,
            "url": "",
            "description": "",
            "link": f"{self._world.url}/author/{user.login}/",
            "slug": user.login,
            "avatar_urls": {"24": "", "48": "", "96": ""},
        }
        return body

    def type(self, name: str) -> Json:
        """A content type."""
        base = self._world.types[name]
        body: Json = {
            "description": "",
            "hierarchical": name == "page",
            "has_archive": False,
            "name": base.title(),
            "slug": name,
            "icon": None,
            "taxonomies": ["category", "post_tag"] if name == "post" else [],
            "rest_base": base,
            "rest_namespace": "wp/v2",
        }
        if self._edit:
            body |= {"viewable": True, "labels": {}, "supports": {}, "capabilities": {}}
            body["visibility"] = {"show_in_nav_menus": True, "show_ui": True}
        return body

    def status(self, name: str) -> Json:
        """A post status."""
        return {
            "name": STATUSES[name],
            "slug": name,
            "public": name == "publish",
            "queryable": name == "publish",
            "date_floating": name in {"draft", "pending"},
        }

    def _common(self, post: Post) -> Json:
        link = self._link(post)
        body: Json = {
            "id": post.id,
            "date": self._local(post.date),
            "date_gmt": _gmt(post.date),
            "guid": {"rendered": link, "raw": link} if self._edit else {"rendered": link},
            "modified": self._local(post.modified),
            "modified_gmt": _gmt(post.modified),
            "slug": post.slug,
            "status": post.status,
            "type": post.type,
            "link": link,
            "title": self._text(post.title, post.title),
            "author": post.author,
            "comment_status": post.comment_status,
            "ping_status": "open",
            "template": "",
        }
        if self._edit:
            body["permalink_template"] = f"{self._world.url}/%postname%/"
            body["generated_slug"] = post.slug
        return body

    def _attachment(self, post: Post) -> Json:
        file = post.file
        assert file is not None
        url = f"{self._world.url}/wp-content/uploads/{file.path}"
        body = self._common(post) | {
            "ping_status": "closed",
            "meta": [],
            "description": self._text("", f'<p class="attachment"><a href="{url}"></a></p>\n'),
            "caption": self._text(file.caption, file.caption),
            "alt_text": file.alt_text,
            "media_type": "image" if file.mime.startswith("image/") else "file",
            "mime_type": file.mime,
            "media_details": {
                "width": file.width,
                "height": file.height,
                "file": file.path,
                "filesize": len(file.content),
                "sizes": {},
                "image_meta": {},
            },
            "post": post.parent or None,
            "source_url": url,
        }
        if self._edit:
            body["missing_image_sizes"] = []
        return self._linked(post, body)

    def _linked(self, post: Post, body: Json) -> Json:
        base = self._world.types[post.type]
        links: Json = {
            "self": [{"href": self._api(f"{base}/{post.id}")}],
            "collection": [{"href": self._api(base)}],
            "about": [{"href": self._api(f"types/{post.type}")}],
            "author": [{"embeddable": True, "href": self._api(f"users/{post.author}")}],
            "replies": [{"embeddable": True, "href": self._api(f"comments?post={post.id}")}],
        }
        if post.file is None:
            history = self._api(f"{base}/{post.id}/revisions")
            links["version-history"] = [{"count": len(post.revisions), "href": history}]
            if post.revisions:
                newest = post.revisions[0].id
                links["predecessor-version"] = [{"id": newest, "href": f"{history}/{newest}"}]
        embedded: Json = {}
        if "author" in self._embed:
            embedded["author"] = [self._embedded_author(post.author)]
        if "wp:featuredmedia" in self._embed and post.featured in self._world.posts:
            file = self._world.posts[post.featured]
            embedded["wp:featuredmedia"] = [
                Rendering(self._world, edit=False, embed=frozenset()).post(file)
            ]
        return body | {"_links": links} | ({"_embedded": embedded} if embedded else {})

    def _embedded_author(self, wanted: int) -> Json:
        for user in self._world.users.values():
            if user.id == wanted:
                return self.user(user)
        return {
            "code": "rest_user_invalid_id",
            "message": "Invalid user ID.",
            "data": {"status": 404},
        }

    def _text(self, raw: str, shown: str, *, protected: bool | None = None) -> Json:
        body: Json = {"rendered": shown}
        if self._edit:
            body["raw"] = raw
        if protected is not None:
            body["protected"] = protected
        return body

    def _link(self, post: Post) -> str:
        return f"{self._world.url}/{post.slug}/"

    def _api(self, route: str) -> str:
        return f"{self._world.url}/wp-json/wp/v2/{route}"

    def _local(self, when: datetime) -> str:
        return _gmt(when + self._world.utc_offset)


def _gmt(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S")
